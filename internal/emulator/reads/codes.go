// Package reads checks sequencing reads the way the workflow service documents
// its failures: FASTQ pairs, BAM and SAM, plain or compressed, as streams.
//
// The service's documentation names the codes and what they mean in a few
// words each. Where the words leave room, the comments here say how this
// package reads them.
package reads

import "fmt"

// Failure codes of the workflow service for bad input.
const (
	CodeBAMUnreadable  = 200 // not BGZF, or its blocks are corrupt
	CodeBAMFormat      = 201 // decompresses, but to no BAM; also a SAM line that is none
	CodeBAMNoHeader    = 202 // ends before its header does
	CodeBAMHeaderText  = 203 // the header text's length is impossible
	CodeBAMReferences  = 204 // the number of references is impossible
	CodeBAMRefName     = 205 // a reference's name is corrupt
	CodeBAMRefLength   = 206 // a reference's length is impossible
	CodeBAMTruncated   = 207 // ends inside a record, or without BGZF's end marker
	CodeBAMNoSequence  = 208 // a primary read has no sequence
	CodeNoNewline      = 300 // the last line has no end; also a file cut inside a record or a gzip stream
	CodeRecordTooLarge = 301 // a record is larger than the buffer
	CodeBlankLine      = 302
	CodeBadStart       = 303 // a line lacks its @ or +; also lengths of sequence and quality that differ
	CodeFirstNoOne     = 304 // the pair's first IDs: only the second file uses suffixes, or the first file's is not /1
	CodeFirstNoTwo     = 305 // the pair's first IDs: only the first file uses suffixes
	CodeIDNoOne        = 306 // a later first ID lacks /1
	CodeIDNoneNoTwo    = 307 // a later pair lacks both suffixes, or the second ID lacks /2
	CodePairDiffers    = 308 // read IDs or numbers of reads of the two files differ
	CodeReadTooLong    = 701
)

// InputError is bad input: the same job fails in any region.
type InputError struct {
	Code    int
	Message string
}

func (f *InputError) Error() string { return fmt.Sprintf("%s (code %d)", f.Message, f.Code) }

func bad(code int, format string, args ...any) *InputError {
	return &InputError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Limits bound what a read may be.
type Limits struct {
	// MaxReadLength is in bases. The service has such a limit and does not
	// publish it.
	MaxReadLength int
}

// DefaultMaxReadLength takes every short-read instrument and refuses long reads.
const DefaultMaxReadLength = 500

// buffer is the largest FASTQ record, in bytes.
const buffer = 1 << 20
