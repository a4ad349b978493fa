package msgenomics

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// Limits that the official client enforces. It truncates what is too long; here
// it is refused, while planning.
const (
	// MaxDescription is the longest description, in characters as UTF-16 counts
	// them (the stricter count).
	MaxDescription = 500
	// MaxBlobName is the longest blob name, in characters.
	MaxBlobName = 1024
	// MaxReadGroup is the longest read group line, in characters.
	MaxReadGroup = 1000
)

// Processes are the names a workflow's process can have in a submission.
func Processes() []string { return []string{"snapgatk", "gatk4"} }

// References are the reference genomes that R= can name.
func References() []string { return []string{"b37m1", "hg19m1", "hg38m1", "hg38m1x"} }

// EmitRefConfidences are the modes of reference confidence, in lower case.
func EmitRefConfidences() []string { return []string{"none", "gvcf", "bp_resolution"} }

var (
	blobName = regexp.MustCompile(`^[A-Za-z0-9._-][A-Za-z0-9._/-]*$`)
	fastq    = regexp.MustCompile(`\.f(ast)?q(\.gz)?$`)
	bam      = regexp.MustCompile(`\.(b|s)am$`)
)

// DescriptionLength counts a description as MaxDescription does.
func DescriptionLength(s string) int { return len(utf16.Encode([]rune(s))) }

// ValidDescription says what is wrong with a description. reserved is how much of
// the limit something else takes, such as a token in front.
func ValidDescription(s string, reserved int) error {
	if n := DescriptionLength(s); n+reserved > MaxDescription {
		return fmt.Errorf("it has %d characters; %d are allowed", n, MaxDescription-reserved)
	}
	return nil
}

// ValidBlobName says what is wrong with the name of an input or output blob. The
// service's alphabet is smaller than that of Azure storage.
func ValidBlobName(name string) error {
	switch {
	case name == "":
		return errors.New("a blob name is empty")
	case len(name) > MaxBlobName:
		return fmt.Errorf("a blob name has %d characters; %d are allowed", len(name), MaxBlobName)
	case strings.HasPrefix(name, "/"):
		return fmt.Errorf("%q begins with a slash", name)
	case !blobName.MatchString(name):
		return fmt.Errorf("%q has other characters than letters, digits, '.', '_', '-' and '/'", name)
	}
	return nil
}

// ValidInputs says what is wrong with the blobs of one sample: each name must be
// valid; they are all FASTQ, in pairs of two different files, or all BAM or SAM.
func ValidInputs(names []string) error {
	if len(names) == 0 {
		return errors.New("there is no input")
	}
	var reads, alignments []string
	for _, name := range names {
		if err := ValidBlobName(name); err != nil {
			return err
		}
		switch {
		case fastq.MatchString(name):
			reads = append(reads, name)
		case bam.MatchString(name):
			alignments = append(alignments, name)
		default:
			return fmt.Errorf("%q is neither FASTQ (.fq, .fastq, .fq.gz, .fastq.gz) nor BAM or SAM (.bam, .sam)", name)
		}
	}
	if len(reads) > 0 && len(alignments) > 0 {
		return fmt.Errorf("FASTQ (%q) and BAM or SAM (%q) cannot be mixed in one workflow", reads[0], alignments[0])
	}
	if len(reads)%2 != 0 {
		return fmt.Errorf("FASTQ files come in pairs, first and second reads next to each other, but there are %d; %q has no partner", len(reads), reads[len(reads)-1])
	}
	for pair := range slices.Chunk(reads, 2) {
		if pair[0] == pair[1] {
			return fmt.Errorf("%q is paired with itself", pair[0])
		}
	}
	return nil
}

// ValidReadGroup says what is wrong with a read group line.
func ValidReadGroup(line string) error {
	switch {
	case !strings.HasPrefix(line, "@RG"):
		return errors.New("a read group line begins with @RG")
	case len(line) > MaxReadGroup:
		return fmt.Errorf("it has %d characters; %d are allowed", len(line), MaxReadGroup)
	case strings.ContainsFunc(line, func(r rune) bool { return r > 127 }):
		return errors.New("it may have ASCII characters only")
	case strings.ContainsAny(line, "=;"):
		return errors.New("it may not contain = or ;")
	}
	return nil
}

// ValidProcess says what is wrong with the name of a process.
func ValidProcess(name string) error {
	if slices.Contains(Processes(), name) {
		return nil
	}
	return fmt.Errorf("%q is not a process; use %s", name, strings.Join(Processes(), " or "))
}

// ValidProcessArgs says what is wrong with the arguments of a process: NAME=VALUE
// separated by semicolons, among them R= and a known reference.
func ValidProcessArgs(args string) error {
	seen := map[string]string{}
	for _, arg := range strings.Split(args, ";") {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || strings.TrimSpace(name) != name || name == "" || strings.TrimSpace(value) != value || value == "" {
			return fmt.Errorf("%q is not of the form NAME=VALUE, several separated by ';' without spaces", arg)
		}
		if _, twice := seen[name]; twice {
			return fmt.Errorf("%s is given twice", name)
		}
		seen[name] = value
	}
	if !slices.Contains(References(), seen["R"]) {
		return fmt.Errorf("the reference genome, R=, must be one of %s", strings.Join(References(), ", "))
	}
	return nil
}
