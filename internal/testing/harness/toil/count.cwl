cwlVersion: v1.2
class: CommandLineTool
doc: |
  Counts the bases of two files of reads. It first waits for a line from the
  pipe that gate names, if it names one, so that whoever runs it decides how
  long it is at work.
requirements:
  ShellCommandRequirement: {}
inputs:
  reads:
    type: File[]
    inputBinding: {position: 2}
  gate:
    type: string
    default: /dev/null
baseCommand: []
arguments:
  - {position: 1, shellQuote: false, valueFrom: "read -r go < $(inputs.gate); zcat"}
  - {position: 3, shellQuote: false, valueFrom: "| awk 'NR % 4 == 2 { bases += length($0) } END { print bases }'"}
stdout: bases.txt
outputs:
  bases: stdout
