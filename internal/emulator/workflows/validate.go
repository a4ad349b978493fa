package workflows

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Limits that the service's own client enforces before it sends anything.
const (
	maxDescription = 500
	maxClass       = 100
	maxBlobName    = 1024
	maxReadGroup   = 1000
)

// errSASOrder is the service's answer to a SAS whose parameters are in the
// alphabetical order of Azure's SDK for Go: a plain 500.
var errSASOrder = errors.New("an error has occurred")

var (
	blobNameForm  = regexp.MustCompile(`^[A-Za-z0-9._-][A-Za-z0-9._/-]*$`)
	fastqForm     = regexp.MustCompile(`(?i)\.f(ast)?q(\.gz)?$`)
	alignedForm   = regexp.MustCompile(`(?i)\.(b|s)am$`)
	sasForm       = regexp.MustCompile(`^[A-Za-z0-9&?=%/-]+$`)
	processForm   = regexp.MustCompile(`^(snapgatk|gatk4)(-[0-9]{8}_[0-9]+)?$`)
	accountForm   = regexp.MustCompile(`^[a-z0-9]{3,24}(-secondary)?$`) // an account, or its readable replica
	containerForm = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])+$`)
	references    = map[string]bool{"b37m1": true, "hg19m1": true, "hg38m1": true, "hg38m1x": true}
)

// versions are what the reply's Process carries for a bare name.
var versions = map[string]string{"snapgatk": "snapgatk-20180730_1", "gatk4": "gatk4-20181018_1"}

// validate checks a submission. Every error but errSASOrder is the client's.
func (s *Submission) validate() error {
	switch {
	case len([]rune(s.Description)) > maxDescription:
		return fmt.Errorf("the Description is longer than %d characters", maxDescription)
	case len([]rune(s.Class)) > maxClass:
		return fmt.Errorf("the WorkflowClass is longer than %d characters", maxClass)
	case !processForm.MatchString(s.Process):
		return fmt.Errorf("the Process %q is not supported", s.Process)
	case !accountForm.MatchString(s.InputAccount) || !accountForm.MatchString(s.OutputAccount):
		return errors.New("the ACCOUNT is not the name of a storage account")
	case !isContainer(s.InputContainer) || !isContainer(s.OutputContainer):
		return errors.New("the CONTAINER is not the name of a container")
	case len(s.OutputBase) > maxBlobName || !blobNameForm.MatchString(s.OutputBase):
		return fmt.Errorf("OUTPUT_FILENAME_BASE %q is not a blob name", s.OutputBase)
	}
	for _, check := range []func() error{s.validateArguments, s.validateOptional, s.validateInputs, s.validateSAS} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func isContainer(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && containerForm.MatchString(name)
}

func (s *Submission) validateArguments() error {
	reference := ""
	for _, pair := range strings.Split(s.ProcessArgs, ";") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		if !found {
			return fmt.Errorf("ProcessArgs: %q is not a name and a value", pair)
		}
		if strings.TrimSpace(name) == "R" {
			reference = strings.TrimSpace(value)
		}
	}
	if !references[reference] {
		return fmt.Errorf("ProcessArgs: R=%s names no known reference", reference)
	}
	return nil
}

func (s *Submission) validateOptional() error {
	for name, value := range s.Optional {
		switch strings.ToLower(name) {
		case "gatkemitrefconfidence":
			switch strings.ToLower(value) {
			case "", "none", "gvcf", "bp_resolution":
			default:
				return fmt.Errorf("the GatkEmitRefConfidence %q is not none, gvcf or bp_resolution", value)
			}
		case "bgzipoutput", "bqsr":
			if _, err := loose(value).bool(name, false); err != nil {
				return err
			}
		case "readgroupline":
			if value != "" && !validReadGroup(value) {
				return fmt.Errorf("the ReadGroupLine must start with @RG and have at most %d ASCII characters without = and ;", maxReadGroup)
			}
		}
	}
	return nil
}

func validReadGroup(line string) bool {
	if !strings.HasPrefix(line, "@RG") || len(line) > maxReadGroup || strings.ContainsAny(line, "=;") {
		return false
	}
	for _, r := range line {
		if r > 127 {
			return false
		}
	}
	return true
}

func (s *Submission) validateInputs() error {
	fastq := 0
	for _, input := range s.Inputs {
		switch {
		case len(input.Name) > maxBlobName || !blobNameForm.MatchString(input.Name):
			return fmt.Errorf("%q is not a valid name of an input blob", input.Name)
		case fastqForm.MatchString(input.Name):
			fastq++
		case !alignedForm.MatchString(input.Name):
			return fmt.Errorf("%q is neither FASTQ nor BAM nor SAM by its name", input.Name)
		}
	}
	switch {
	case fastq == 0:
		return nil
	case fastq != len(s.Inputs):
		return errors.New("FASTQ and BAM or SAM inputs cannot be mixed")
	case fastq%2 != 0:
		return errors.New("FASTQ inputs come in pairs: as many first files as second ones")
	}
	for i := 0; i < len(s.Inputs); i += 2 {
		if s.Inputs[i].Name == s.Inputs[i+1].Name {
			return fmt.Errorf("%q is paired with itself", s.Inputs[i].Name)
		}
	}
	return nil
}

func (s *Submission) validateSAS() error {
	sas := map[string]string{"the output container": s.OutputSAS}
	for _, input := range s.Inputs {
		sas[input.Name] = input.SAS
	}
	for of, value := range sas {
		if value == "" {
			return fmt.Errorf("the SAS of %s is missing", of)
		}
		if !sasForm.MatchString(value) {
			return fmt.Errorf("the SAS of %s has characters that are not allowed", of)
		}
	}
	for _, value := range sas {
		if first, _, _ := strings.Cut(value, "="); first != "sv" && first != "sr" {
			return errSASOrder
		}
	}
	return nil
}

// aligned reports whether the inputs are BAM or SAM.
func (s *Submission) aligned() bool { return alignedForm.MatchString(s.Inputs[0].Name) }
