package msgenomics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Submission is one workflow to run. The service asks for no more than this; what
// the official client also sends is added on the way.
type Submission struct {
	// Process is snapgatk or gatk4.
	Process string
	// ProcessArgs names the reference, such as R=hg38m1.
	ProcessArgs string
	// Description is at most MaxDescription long, the token in front included.
	Description string
	// IgnoreAzureRegion lets the service read storage of another region; nil
	// leaves it to the service.
	IgnoreAzureRegion *bool

	InputAccount   string
	InputContainer string
	// Inputs are the blobs: a pair of FASTQ files stands next to each other.
	Inputs []Input

	OutputAccount   string
	OutputContainer string
	// OutputSAS is the query string of a SAS for the container, without "?".
	OutputSAS string
	// OutputBase is what the names of all outputs begin with; empty means the name
	// of the first input.
	OutputBase  string
	Overwrite   bool
	IncludeLogs bool

	Options Options
}

// Input is one input blob and the right to read it.
type Input struct {
	Name string
	// SAS is the query string of a SAS for the blob, without "?".
	SAS string
}

// Options are the optional arguments of a workflow. What is nil or empty is not
// sent, so that the service's own default holds.
type Options struct {
	// EmitRefConfidence is one of EmitRefConfidences, in any case.
	EmitRefConfidence       string
	BgzipOutput             *bool
	BQSR                    *bool
	ReadGroup               string
	SuppressFastqValidation *bool
}

const storageKind = "AZURE_BLOCK_BLOB"

// The body has the fields, their order and their types as msgen 0.9.0 sends them:
// the official client is the one that the service was certainly tested with.
type wireSubmission struct {
	Process           string
	ProcessArgs       string
	Description       string
	WorkflowClass     string
	IgnoreAzureRegion *bool
	InputStorageType  string
	OutputStorageType string
	InputArgs         wireInput
	OutputArgs        wireOutput
	OptionalArgs      wireOptions
}

type wireInput struct {
	Account   string `json:"ACCOUNT"`
	Container string `json:"CONTAINER"`
	Names     string `json:"BLOBNAMES"`
	WithSAS   string `json:"BLOBNAMES_WITH_SAS"`
}

type wireOutput struct {
	Account      string `json:"ACCOUNT"`
	Container    string `json:"CONTAINER"`
	ContainerSAS string `json:"CONTAINER_SAS"`
	Overwrite    string `json:"OVERWRITE"`
	Base         string `json:"OUTPUT_FILENAME_BASE"`
	IncludeLogs  bool   `json:"OUTPUT_INCLUDE_LOGFILES"`
}

type wireOptions struct {
	GatkEmitRefConfidence   string `json:",omitempty"`
	BgzipOutput             *bool  `json:",omitempty"`
	BQSR                    *bool  `json:",omitempty"`
	ReadGroupLine           string `json:",omitempty"`
	SuppressFastqValidation *bool  `json:",omitempty"`
}

// encode makes the request body. It holds SAS: never log it or put it in an error.
func (s Submission) encode() ([]byte, error) {
	var names, withSAS strings.Builder
	for _, in := range s.Inputs {
		// A trailing comma follows the last name too, as the official client does it.
		fmt.Fprintf(&names, "%s,", in.Name)
		fmt.Fprintf(&withSAS, "%s?%s,", in.Name, in.SAS)
	}
	body := wireSubmission{
		Process: s.Process, ProcessArgs: s.ProcessArgs, Description: s.Description, IgnoreAzureRegion: s.IgnoreAzureRegion,
		InputStorageType: storageKind, OutputStorageType: storageKind,
		InputArgs: wireInput{Account: s.InputAccount, Container: s.InputContainer, Names: names.String(), WithSAS: withSAS.String()},
		OutputArgs: wireOutput{
			Account: s.OutputAccount, Container: s.OutputContainer, ContainerSAS: s.OutputSAS,
			Overwrite: fmt.Sprint(s.Overwrite), Base: s.OutputBase, IncludeLogs: s.IncludeLogs,
		},
		OptionalArgs: wireOptions{
			GatkEmitRefConfidence: emitRefConfidence(s.Options.EmitRefConfidence),
			BgzipOutput:           s.Options.BgzipOutput, BQSR: s.Options.BQSR, ReadGroupLine: s.Options.ReadGroup,
			SuppressFastqValidation: s.Options.SuppressFastqValidation,
		},
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	// The official client leaves & in a SAS as it is; so do we.
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// emitRefConfidence puts a mode in the case it was seen with: msgen sends none and
// gvcf, and only msgenctl knows BP_RESOLUTION.
func emitRefConfidence(mode string) string {
	if strings.EqualFold(mode, "bp_resolution") {
		return "BP_RESOLUTION"
	}
	return strings.ToLower(mode)
}
