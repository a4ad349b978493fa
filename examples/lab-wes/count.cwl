cwlVersion: v1.2
class: CommandLineTool
doc: Counts the bases of the reads of one sample, and writes their number to the URL that it is given.
requirements:
  ShellCommandRequirement: {}
  NetworkAccess: {networkAccess: true}
inputs:
  reads:
    type: File[]
    inputBinding: {position: 1}
  result:
    type: string
    inputBinding: {position: 4}
baseCommand: [zcat, -f]
arguments:
  - {position: 2, shellQuote: false, valueFrom: "| awk 'NR % 4 == 2 { bases += length($0) } END { print bases }' > bases.txt &&"}
  - {position: 3, shellQuote: false, valueFrom: "curl --fail --silent --show-error -H 'x-ms-blob-type: BlockBlob' --upload-file bases.txt"}
outputs:
  bases:
    type: File
    outputBinding: {glob: bases.txt}
