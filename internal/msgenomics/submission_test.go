package msgenomics

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sample() Submission {
	return Submission{
		Process: "snapgatk", ProcessArgs: "R=hg38m1x", Description: "[tfg:abcdefghijklmnopqrstuvwxyz] s",
		InputAccount: "reads", InputContainer: "inputs",
		Inputs:        []Input{{Name: "s_1.fq.gz", SAS: "sv=2021&sr=b&sig=aa%2B"}, {Name: "s_2.fq.gz", SAS: "sv=2021&sr=b&sig=bb"}},
		OutputAccount: "results", OutputContainer: "outputs", OutputSAS: "sv=2021&sr=c&sig=cc", IncludeLogs: true,
	}
}

// The body is compared byte for byte with what msgen sends, trailing commas and
// string booleans included.
func TestEncode(t *testing.T) {
	yes, no := true, false
	full := sample()
	full.IgnoreAzureRegion, full.Overwrite, full.IncludeLogs, full.OutputBase = &yes, true, false, "NA12878"
	full.Options = Options{EmitRefConfidence: "GVCF", BgzipOutput: &yes, BQSR: &no, ReadGroup: "@RG\tID:a", SuppressFastqValidation: &yes}
	for name, tt := range map[string]struct {
		in   Submission
		want string
	}{
		"defaults": {sample(), `{"Process":"snapgatk","ProcessArgs":"R=hg38m1x","Description":"[tfg:abcdefghijklmnopqrstuvwxyz] s","WorkflowClass":"","IgnoreAzureRegion":null,` +
			`"InputStorageType":"AZURE_BLOCK_BLOB","OutputStorageType":"AZURE_BLOCK_BLOB",` +
			`"InputArgs":{"ACCOUNT":"reads","CONTAINER":"inputs","BLOBNAMES":"s_1.fq.gz,s_2.fq.gz,","BLOBNAMES_WITH_SAS":"s_1.fq.gz?sv=2021&sr=b&sig=aa%2B,s_2.fq.gz?sv=2021&sr=b&sig=bb,"},` +
			`"OutputArgs":{"ACCOUNT":"results","CONTAINER":"outputs","CONTAINER_SAS":"sv=2021&sr=c&sig=cc","OVERWRITE":"false","OUTPUT_FILENAME_BASE":"","OUTPUT_INCLUDE_LOGFILES":true},` +
			`"OptionalArgs":{}}`},
		"everything": {full, `{"Process":"snapgatk","ProcessArgs":"R=hg38m1x","Description":"[tfg:abcdefghijklmnopqrstuvwxyz] s","WorkflowClass":"","IgnoreAzureRegion":true,` +
			`"InputStorageType":"AZURE_BLOCK_BLOB","OutputStorageType":"AZURE_BLOCK_BLOB",` +
			`"InputArgs":{"ACCOUNT":"reads","CONTAINER":"inputs","BLOBNAMES":"s_1.fq.gz,s_2.fq.gz,","BLOBNAMES_WITH_SAS":"s_1.fq.gz?sv=2021&sr=b&sig=aa%2B,s_2.fq.gz?sv=2021&sr=b&sig=bb,"},` +
			`"OutputArgs":{"ACCOUNT":"results","CONTAINER":"outputs","CONTAINER_SAS":"sv=2021&sr=c&sig=cc","OVERWRITE":"true","OUTPUT_FILENAME_BASE":"NA12878","OUTPUT_INCLUDE_LOGFILES":false},` +
			`"OptionalArgs":{"GatkEmitRefConfidence":"gvcf","BgzipOutput":true,"BQSR":false,"ReadGroupLine":"@RG\tID:a","SuppressFastqValidation":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.in.encode()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	for in, want := range map[string]string{"": "", "none": "none", "NONE": "none", "gvcf": "gvcf", "bp_resolution": "BP_RESOLUTION", "BP_RESOLUTION": "BP_RESOLUTION"} {
		if got := emitRefConfidence(in); got != want {
			t.Errorf("emitRefConfidence(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("a", 1024)
	check := func(name string, err error, part string) {
		t.Helper()
		switch {
		case part == "" && err != nil:
			t.Errorf("%s: refused: %v", name, err)
		case part != "" && (err == nil || !strings.Contains(err.Error(), part)):
			t.Errorf("%s: got %v, want something with %q", name, err, part)
		}
	}
	check("description at the limit", ValidDescription(strings.Repeat("é", 467), 33), "")
	check("description over it", ValidDescription(strings.Repeat("é", 468), 33), "468 characters; 467 are allowed")
	check("outside the basic plane", ValidDescription(strings.Repeat("😀", 251), 0), "502 characters")

	check("blob", ValidBlobName("dir/a_B-1.fq"), "")
	check("blob at the limit", ValidBlobName(long), "")
	check("blob over it", ValidBlobName(long+"a"), "1025")
	check("no blob", ValidBlobName(""), "empty")
	check("leading slash", ValidBlobName("/a"), "slash")
	check("comma", ValidBlobName("a,b"), "other characters")
	check("newline at the end", ValidBlobName("a\n"), "other characters")

	check("pair", ValidInputs([]string{"a_1.fastq.gz", "a_2.fq"}), "")
	check("bams", ValidInputs([]string{"a.bam", "b.sam", "c.bam"}), "")
	check("none", ValidInputs(nil), "no input")
	check("mixed", ValidInputs([]string{"a.fq", "b.bam"}), "cannot be mixed")
	check("odd", ValidInputs([]string{"a.fq", "b.fq", "c.fq"}), "no partner")
	check("itself", ValidInputs([]string{"a.fq", "b.fq", "c.fq", "c.fq"}), "paired with itself")
	check("other kind", ValidInputs([]string{"a.vcf"}), "neither FASTQ")
	check("suffix in the middle", ValidInputs([]string{"a.fq.txt", "b.fq"}), "neither FASTQ")

	check("read group", ValidReadGroup("@RG\tID:1\tSM:s"), "")
	check("no @RG", ValidReadGroup("ID:1"), "@RG")
	check("long read group", ValidReadGroup("@RG"+strings.Repeat("a", 998)), "1001 characters")
	check("beyond ASCII", ValidReadGroup("@RG\tSM:é"), "ASCII")
	check("equals", ValidReadGroup("@RG\tSM=a"), "= or ;")
	check("semicolon", ValidReadGroup("@RG\tSM:a;b"), "= or ;")

	check("process", ValidProcess("gatk4"), "")
	check("versioned process", ValidProcess("snapgatk-20180730_1"), "is not a process")

	check("args", ValidProcessArgs("R=hg38m1"), "")
	check("more args", ValidProcessArgs("R=b37m1;X=1=2"), "")
	check("no R", ValidProcessArgs("X=1"), "reference genome")
	check("unknown R", ValidProcessArgs("R=hg99"), "hg38m1x")
	check("no value", ValidProcessArgs("R="), "NAME=VALUE")
	check("trailing separator", ValidProcessArgs("R=hg38m1;"), "NAME=VALUE")
	check("space", ValidProcessArgs("R=hg38m1; X=1"), "NAME=VALUE")
	check("twice", ValidProcessArgs("R=hg38m1;R=hg19m1"), "twice")
}

// Whatever passes the checks survives the comma-separated lists it is sent in.
func TestValidInputsSurviveEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9._/,? -]{1,12}\.(fq|bam)`), 1, 6).Draw(t, "names")
		if ValidInputs(names) != nil {
			return
		}
		s := Submission{}
		for _, name := range names {
			s.Inputs = append(s.Inputs, Input{Name: name, SAS: "sv=1"})
		}
		body, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		if want := `"BLOBNAMES":"` + strings.Join(names, ",") + `,"`; !strings.Contains(string(body), want) {
			t.Fatalf("%s is not in %s", want, body)
		}
	})
}
