package msgenomics

import "strings"

// BaseProcess is a process as it is submitted, of the versioned name that the
// service's answers carry: snapgatk of snapgatk-20180730_1.
func BaseProcess(versioned string) string {
	base, _, _ := strings.Cut(versioned, "-")
	return base
}
