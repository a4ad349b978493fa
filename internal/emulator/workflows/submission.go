package workflows

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Input is one input blob and the SAS that reads it.
type Input struct {
	Name string `json:"name"`
	SAS  string `json:"sas"`
}

// Submission is what a client asked for, brought into one form.
type Submission struct {
	Process           string            `json:"process"`
	ProcessArgs       string            `json:"process_args"`
	Description       string            `json:"description"`
	Class             string            `json:"class,omitempty"`
	IgnoreAzureRegion bool              `json:"ignore_azure_region"`
	InputAccount      string            `json:"input_account"`
	InputContainer    string            `json:"input_container"`
	Inputs            []Input           `json:"inputs"`
	OutputAccount     string            `json:"output_account"`
	OutputContainer   string            `json:"output_container"`
	OutputSAS         string            `json:"output_sas"`
	OutputBase        string            `json:"output_base"`
	Overwrite         bool              `json:"overwrite"`
	IncludeLogs       bool              `json:"include_logs"`
	Optional          map[string]string `json:"optional,omitempty"` // names and values as text
	SkipValidation    bool              `json:"skip_validation"`
}

// loose is a JSON value that clients send in more than one type: a bool or a
// number may come as a string, and anything may be null.
type loose string

// UnmarshalJSON takes strings, booleans, numbers and null.
func (l *loose) UnmarshalJSON(raw []byte) error {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return err
	}
	switch value := value.(type) {
	case nil:
		*l = ""
	case string:
		*l = loose(value)
	case bool, float64:
		*l = loose(fmt.Sprint(value))
	default:
		return fmt.Errorf("a string, a number, a boolean or null was expected, not %s", raw)
	}
	return nil
}

// bool reads true and false in any case; "" is the default.
func (l loose) bool(name string, byDefault bool) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(string(l))) {
	case "":
		return byDefault, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s must be true or false, not %q", name, string(l))
}

// wireSubmission is the body of a POST. Go's JSON decoder matches the names in
// any case, as the service's did.
type wireSubmission struct {
	Process, ProcessArgs, Description, WorkflowClass loose
	IgnoreAzureRegion                                loose
	InputStorageType, OutputStorageType              loose
	InputArgs                                        struct {
		Account          loose `json:"ACCOUNT"`
		Container        loose `json:"CONTAINER"`
		BlobNames        loose `json:"BLOBNAMES"`
		BlobNamesWithSAS loose `json:"BLOBNAMES_WITH_SAS"`
	}
	OutputArgs struct {
		Account      loose `json:"ACCOUNT"`
		Container    loose `json:"CONTAINER"`
		ContainerSAS loose `json:"CONTAINER_SAS"`
		Overwrite    loose `json:"OVERWRITE"`
		Basename     loose `json:"OUTPUT_FILENAME_BASE"`
		IncludeLogs  loose `json:"OUTPUT_INCLUDE_LOGFILES"`
	}
	OptionalArgs map[string]loose
}

// parseSubmission reads the body of a POST in the forms that the public
// clients send: lists of names with and without a comma at their end, booleans
// as words, and more.
func parseSubmission(body []byte) (Submission, error) {
	var w wireSubmission
	if err := json.Unmarshal(body, &w); err != nil {
		return Submission{}, fmt.Errorf("the request is invalid: %w", err)
	}
	for name, kind := range map[string]loose{"InputStorageType": w.InputStorageType, "OutputStorageType": w.OutputStorageType} {
		if kind != "" && kind != "AZURE_BLOCK_BLOB" {
			return Submission{}, fmt.Errorf("%s must be AZURE_BLOCK_BLOB, not %q", name, string(kind))
		}
	}
	s := Submission{
		Process: string(w.Process), ProcessArgs: string(w.ProcessArgs), Description: string(w.Description), Class: string(w.WorkflowClass),
		InputAccount: string(w.InputArgs.Account), InputContainer: string(w.InputArgs.Container),
		OutputAccount: string(w.OutputArgs.Account), OutputContainer: string(w.OutputArgs.Container),
		OutputSAS: strings.TrimPrefix(string(w.OutputArgs.ContainerSAS), "?"), OutputBase: string(w.OutputArgs.Basename),
		Optional: map[string]string{},
	}
	var err error
	for _, flag := range []struct {
		into      *bool
		value     loose
		name      string
		byDefault bool
	}{
		{&s.IgnoreAzureRegion, w.IgnoreAzureRegion, "IgnoreAzureRegion", false},
		{&s.Overwrite, w.OutputArgs.Overwrite, "OVERWRITE", false},
		{&s.IncludeLogs, w.OutputArgs.IncludeLogs, "OUTPUT_INCLUDE_LOGFILES", true},
		{&s.SkipValidation, optional(w.OptionalArgs, "SuppressFastqValidation"), "SuppressFastqValidation", false},
	} {
		if *flag.into, err = flag.value.bool(flag.name, flag.byDefault); err != nil {
			return Submission{}, err
		}
	}
	for name, value := range w.OptionalArgs {
		s.Optional[name] = string(value)
	}
	s.Inputs, err = parseInputs(string(w.InputArgs.BlobNames), string(w.InputArgs.BlobNamesWithSAS))
	if err == nil && s.OutputBase == "" && len(s.Inputs) > 0 {
		s.OutputBase = defaultBase(s.Inputs[0].Name)
	}
	return s, err
}

func optional(args map[string]loose, name string) loose {
	for key, value := range args {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// parseInputs pairs the list of names with the list of names and SAS. Some
// clients send only the second, some put the SAS into both.
func parseInputs(names, withSAS string) ([]Input, error) {
	var inputs []Input
	for _, item := range splitList(withSAS) {
		name, sas, found := strings.Cut(item, "?")
		if !found || sas == "" {
			return nil, fmt.Errorf("BLOBNAMES_WITH_SAS: %s has no SAS", name)
		}
		inputs = append(inputs, Input{Name: name, SAS: sas})
	}
	if len(inputs) == 0 {
		return nil, fmt.Errorf("BLOBNAMES_WITH_SAS names no input")
	}
	listed := splitList(names)
	if len(listed) != 0 && len(listed) != len(inputs) {
		return nil, fmt.Errorf("BLOBNAMES lists %d blobs and BLOBNAMES_WITH_SAS %d", len(listed), len(inputs))
	}
	for i, item := range listed {
		if name, _, _ := strings.Cut(item, "?"); name != inputs[i].Name {
			return nil, fmt.Errorf("BLOBNAMES and BLOBNAMES_WITH_SAS differ: %s and %s", name, inputs[i].Name)
		}
	}
	return inputs, nil
}

func splitList(list string) []string {
	list = strings.TrimSuffix(strings.TrimSpace(list), ",")
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// defaultBase is the name of the outputs when the client leaves it to the
// service: the first input's, without its folder and what tells its kind.
func defaultBase(name string) string {
	name = name[strings.LastIndex(name, "/")+1:]
	if at := strings.Index(name, "."); at > 0 {
		name = name[:at]
	}
	return name
}
