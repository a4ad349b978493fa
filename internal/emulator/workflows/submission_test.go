package workflows

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
)

// body is a valid submission as msgen sends it, with changes by path ("A.B").
func body(t testing.TB, changes map[string]any) []byte {
	t.Helper()
	document := map[string]any{
		"Process": "gatk4", "ProcessArgs": "R=hg38m1", "Description": "d", "WorkflowClass": "", "IgnoreAzureRegion": nil,
		"InputStorageType": "AZURE_BLOCK_BLOB", "OutputStorageType": "AZURE_BLOCK_BLOB",
		"InputArgs": map[string]any{"ACCOUNT": "emuwestus2", "CONTAINER": "inputs",
			"BLOBNAMES": "s_1.fq.gz,s_2.fq.gz,", "BLOBNAMES_WITH_SAS": "s_1.fq.gz?sv=1&sig=a%2B,s_2.fq.gz?sv=1&sig=b%3D,"},
		"OutputArgs": map[string]any{"ACCOUNT": "emuwestus2", "CONTAINER": "outputs", "CONTAINER_SAS": "sv=1&sig=c",
			"OVERWRITE": "false", "OUTPUT_FILENAME_BASE": "s", "OUTPUT_INCLUDE_LOGFILES": true},
		"OptionalArgs": map[string]any{},
	}
	for path, value := range changes {
		parent, name, deep := strings.Cut(path, ".")
		if !deep {
			document[parent] = value
			continue
		}
		nested, _ := document[parent].(map[string]any)
		inner := maps.Clone(nested)
		inner[name] = value
		document[parent] = inner
	}
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func both(names, sas string) map[string]any {
	var with []string
	for _, name := range splitList(names) {
		with = append(with, name+"?"+sas)
	}
	return map[string]any{"InputArgs.BLOBNAMES": names, "InputArgs.BLOBNAMES_WITH_SAS": strings.Join(with, ",")}
}

func TestSubmissionIsReadInEveryForm(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		check   func(Submission) bool
	}{
		"as msgen sends it": {nil, func(s Submission) bool {
			return len(s.Inputs) == 2 && !s.Overwrite && s.IncludeLogs && !s.IgnoreAzureRegion
		}},
		"no comma at the end":    {both("a_1.fq,a_2.fq", "sv=1&sig=x"), func(s Submission) bool { return s.Inputs[1].Name == "a_2.fq" }},
		"a single BAM":           {both("a.bam", "sr=b&sv=1&sig=x"), func(s Submission) bool { return s.aligned() }},
		"SAS in both lists":      {map[string]any{"InputArgs.BLOBNAMES": "s_1.fq.gz?sv=1&sig=a%2B,s_2.fq.gz?sv=1&sig=b%3D"}, func(s Submission) bool { return s.Inputs[0].Name == "s_1.fq.gz" }},
		"only the SAS list":      {map[string]any{"InputArgs.BLOBNAMES": nil}, func(s Submission) bool { return len(s.Inputs) == 2 }},
		"OVERWRITE a boolean":    {map[string]any{"OutputArgs.OVERWRITE": true}, func(s Submission) bool { return s.Overwrite }},
		"OVERWRITE as Python":    {map[string]any{"OutputArgs.OVERWRITE": "True"}, func(s Submission) bool { return s.Overwrite }},
		"IgnoreAzureRegion":      {map[string]any{"IgnoreAzureRegion": true}, func(s Submission) bool { return s.IgnoreAzureRegion }},
		"confidence in capital":  {map[string]any{"OptionalArgs.GatkEmitRefConfidence": "BP_RESOLUTION"}, func(Submission) bool { return true }},
		"confidence in small":    {map[string]any{"OptionalArgs.GatkEmitRefConfidence": "gvcf"}, func(Submission) bool { return true }},
		"no logs":                {map[string]any{"OutputArgs.OUTPUT_INCLUDE_LOGFILES": false}, func(s Submission) bool { return !s.IncludeLogs }},
		"SAS with a question":    {map[string]any{"OutputArgs.CONTAINER_SAS": "?sv=1&sig=c"}, func(s Submission) bool { return s.OutputSAS == "sv=1&sig=c" }},
		"no basename":            {map[string]any{"OutputArgs.OUTPUT_FILENAME_BASE": ""}, func(s Submission) bool { return s.OutputBase == "s_1" }},
		"no description":         {map[string]any{"Description": nil}, func(s Submission) bool { return s.Description == "" }},
		"validation suppressed":  {map[string]any{"OptionalArgs.SuppressFastqValidation": "true"}, func(s Submission) bool { return s.SkipValidation }},
		"versioned process":      {map[string]any{"Process": "snapgatk-20180730_1"}, func(Submission) bool { return true }},
		"more process arguments": {map[string]any{"ProcessArgs": "R=b37m1;x=y;"}, func(Submission) bool { return true }},
		"read group":             {map[string]any{"OptionalArgs.ReadGroupLine": "@RG\tID:1"}, func(Submission) bool { return true }},
		"two pairs":              {both("a_1.fq,a_2.fq,b_1.fastq.gz,b_2.fastq.gz", "sv=1"), func(s Submission) bool { return len(s.Inputs) == 4 }},
		"longest description":    {map[string]any{"Description": strings.Repeat("é", maxDescription)}, func(Submission) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseSubmission(body(t, c.changes))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.validate(); err != nil {
				t.Fatal(err)
			}
			if !c.check(s) {
				t.Errorf("read as %+v", s)
			}
		})
	}
}

func TestSubmissionRefuses(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"process":                 {"Process": "bwa"},
		"reference":               {"ProcessArgs": "R=hg18"},
		"no reference":            {"ProcessArgs": ""},
		"argument without value":  {"ProcessArgs": "R=hg38m1;x"},
		"long description":        {"Description": strings.Repeat("d", maxDescription+1)},
		"long class":              {"WorkflowClass": strings.Repeat("c", maxClass+1)},
		"storage type":            {"InputStorageType": "S3"},
		"overwrite":               {"OutputArgs.OVERWRITE": "maybe"},
		"a list for a string":     {"Process": []string{"gatk4"}},
		"account":                 {"InputArgs.ACCOUNT": "No_Account"},
		"container":               {"OutputArgs.CONTAINER": "UPPER"},
		"basename":                {"OutputArgs.OUTPUT_FILENAME_BASE": "/s"},
		"lists of unequal length": {"InputArgs.BLOBNAMES": "s_1.fq.gz"},
		"lists that differ":       {"InputArgs.BLOBNAMES": "s_1.fq.gz,x_2.fq.gz"},
		"no inputs":               {"InputArgs.BLOBNAMES": "", "InputArgs.BLOBNAMES_WITH_SAS": ""},
		"input without SAS":       {"InputArgs.BLOBNAMES_WITH_SAS": "s_1.fq.gz,s_2.fq.gz?sv=1"},
		"output without SAS":      {"OutputArgs.CONTAINER_SAS": ""},
		"SAS with a colon":        {"OutputArgs.CONTAINER_SAS": "sv=1&se=2020-01-01T00:00:00Z"},
		"SAS with a plus":         {"OutputArgs.CONTAINER_SAS": "sv=1&sig=a+b"},
		"slash first":             both("/a_1.fq,a_2.fq", "sv=1"),
		"blank in a name":         both("a 1.fq,a_2.fq", "sv=1"),
		"long name":               both(strings.Repeat("a", 1022)+".fq,a_2.fq", "sv=1"),
		"neither FASTQ nor BAM":   both("a.txt", "sv=1"),
		"mixed kinds":             both("a_1.fq,a.bam", "sv=1"),
		"odd number of FASTQ":     both("a_1.fq", "sv=1"),
		"paired with itself":      both("a_1.fq,a_1.fq", "sv=1"),
		"emit confidence":         {"OptionalArgs.GatkEmitRefConfidence": "all"},
		"read group":              {"OptionalArgs.ReadGroupLine": "@RG\tID=1"},
		"bgzip":                   {"OptionalArgs.BgzipOutput": "perhaps"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseSubmission(body(t, changes))
			if err == nil {
				err = s.validate()
			}
			if err == nil || errors.Is(err, errSASOrder) {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "sig=") {
				t.Errorf("the error repeats a SAS: %v", err)
			}
		})
	}
}

func TestAlphabeticalSASBreaksTheService(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"output": {"OutputArgs.CONTAINER_SAS": "se=2020&sig=x&sv=1"},
		"input":  both("a_1.fq,a_2.fq", "se=2020&sv=1"),
	} {
		s, err := parseSubmission(body(t, changes))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.validate(); !errors.Is(err, errSASOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSubmission(f *testing.F) {
	f.Add(body(f, nil))
	f.Add(body(f, both("a_1.fq,a_2.fq", "sv=1")))
	f.Add([]byte(`{"InputArgs":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parseSubmission(raw)
		if err != nil || s.validate() != nil {
			return
		}
		if len(s.Inputs) == 0 || s.OutputBase == "" || !s.aligned() && len(s.Inputs)%2 != 0 {
			t.Errorf("accepted: %+v", s)
		}
	})
}
