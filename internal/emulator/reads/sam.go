package reads

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
)

const (
	samFields   = 11 // mandatory fields of an alignment line
	samFlag     = 1
	samSequence = 9
)

// SAM checks one SAM file and counts the bases of its primary reads. The
// service lists no codes of SAM's own; BAM's say the same things.
func SAM(ctx context.Context, file Named, limits Limits) (bases int64, err error) {
	reader, err := text(file.Reader)
	if err != nil {
		return 0, bamFailure(file.Name, err, CodeBAMTruncated, "its gzip stream")
	}
	scanner := bufio.NewScanner(reader)
	scanner.Buffer(nil, buffer)
	number := 0
	for scanner.Scan() {
		if number++; number%4096 == 0 && ctx.Err() != nil {
			return bases, context.Cause(ctx)
		}
		line := scanner.Bytes()
		if len(line) > 0 && line[0] == '@' {
			continue
		}
		n, err := samLine(file.Name, number, line, limits)
		if err != nil {
			return bases, err
		}
		bases += n
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return bases, bad(CodeBAMFormat, "%s: line %d is longer than %d bytes", file.Name, number+1, buffer)
	case err != nil && !errors.Is(err, io.EOF):
		return bases, bamFailure(file.Name, err, CodeBAMTruncated, "its gzip stream")
	case number == 0:
		return bases, bad(CodeBAMNoHeader, "%s is empty", file.Name)
	}
	return bases, nil
}

func samLine(name string, number int, line []byte, limits Limits) (int64, error) {
	fields := bytes.SplitN(line, []byte("\t"), samFields+1)
	if len(fields) < samFields {
		return 0, bad(CodeBAMFormat, "%s: line %d has %d fields of %d", name, number, len(fields), samFields)
	}
	flags, err := strconv.ParseUint(string(fields[samFlag]), 10, 16)
	if err != nil {
		return 0, bad(CodeBAMFormat, "%s: line %d has a flag that is no number", name, number)
	}
	sequence := fields[samSequence]
	missing := len(sequence) == 0 || bytes.Equal(sequence, []byte("*"))
	switch {
	case missing && flags&flagSecondary == 0:
		return 0, bad(CodeBAMNoSequence, "%s: the read in line %d has no sequence", name, number)
	case missing, flags&(flagSecondary|flagSupplement) != 0:
		return 0, nil
	case len(sequence) > limits.MaxReadLength:
		return 0, bad(CodeReadTooLong, "%s: the read in line %d has %d bases, more than the limit of %d", name, number, len(sequence), limits.MaxReadLength)
	}
	return int64(len(sequence)), nil
}
