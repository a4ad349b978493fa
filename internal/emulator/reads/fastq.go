package reads

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
)

// record is one FASTQ record. Its slices are valid until the next one is read.
type record struct {
	id       []byte // without the @, up to the first blank
	sequence []byte
}

// fastq reads the records of one file.
type fastq struct {
	name   string
	reader *bufio.Reader
	limits Limits
	line   int
	check  bool // false: only count bases
	lines  [4][]byte
}

func openFASTQ(name string, r io.Reader, limits Limits, check bool) (*fastq, error) {
	reader, err := text(r)
	if err != nil {
		return nil, gzipFailure(name, err)
	}
	return &fastq{name: name, reader: reader, limits: limits, check: check}, nil
}

// gzipFailure tells a file's fault from its storage's.
func gzipFailure(name string, err error) error {
	switch {
	case errors.Is(err, ErrSource):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad(CodeNoNewline, "%s ends in the middle of its gzip stream", name)
	default:
		return bad(CodeBadStart, "%s is not valid gzip", name)
	}
}

// next returns the next record, or io.EOF after the last.
func (f *fastq) next() (record, error) {
	size := 0
	for i := range f.lines {
		line, err := f.readLine(i, buffer-size)
		if err != nil {
			return record{}, err
		}
		size += len(line)
	}
	header, sequence, plus, quality := f.lines[0], f.lines[1], f.lines[2], f.lines[3]
	if f.check {
		switch {
		case header[0] != '@':
			return record{}, bad(CodeBadStart, "%s: line %d does not start with @", f.name, f.line-3)
		case plus[0] != '+':
			return record{}, bad(CodeBadStart, "%s: line %d does not start with +", f.name, f.line-1)
		case len(sequence) != len(quality):
			return record{}, bad(CodeBadStart, "%s: the record that ends in line %d has %d bases and %d qualities", f.name, f.line, len(sequence), len(quality))
		}
	}
	if len(sequence) > f.limits.MaxReadLength {
		return record{}, bad(CodeReadTooLong, "%s: the read in line %d has %d bases, more than the limit of %d", f.name, f.line-2, len(sequence), f.limits.MaxReadLength)
	}
	id := bytes.TrimPrefix(header, []byte("@"))
	if blank := bytes.IndexAny(id, " \t"); blank >= 0 {
		id = id[:blank]
	}
	return record{id: id, sequence: sequence}, nil
}

// record is next with the end of the file as a value.
func (f *fastq) record() (r record, end bool, err error) {
	r, err = f.next()
	if errors.Is(err, io.EOF) {
		return record{}, true, nil
	}
	return r, false, err
}

// readLine reads line i of a record into its own buffer, without its end.
func (f *fastq) readLine(i, room int) ([]byte, error) {
	line := f.lines[i][:0]
	for {
		part, err := f.reader.ReadSlice('\n')
		if len(line)+len(part) > room {
			return nil, bad(CodeRecordTooLarge, "%s: the record at line %d is larger than %d bytes", f.name, f.line+1, buffer)
		}
		line = append(line, part...)
		f.lines[i] = line
		switch {
		case err == nil:
			return f.finishLine(i, line)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, f.end(i, line)
		default:
			return nil, gzipFailure(f.name, err)
		}
	}
}

func (f *fastq) finishLine(i int, line []byte) ([]byte, error) {
	f.line++
	line = bytes.TrimRight(line, "\r\n")
	f.lines[i] = line
	if len(line) == 0 {
		return nil, bad(CodeBlankLine, "%s: line %d is blank", f.name, f.line)
	}
	return line, nil
}

func (f *fastq) end(i int, rest []byte) error {
	switch {
	case i == 0 && len(rest) == 0 && f.line > 0:
		return io.EOF
	case f.line == 0 && len(rest) == 0:
		return bad(CodeNoNewline, "%s is empty", f.name)
	case len(rest) > 0:
		return bad(CodeNoNewline, "%s: line %d is the last and has no end", f.name, f.line+1)
	default:
		return bad(CodeNoNewline, "%s ends after line %d, in the middle of a record", f.name, f.line)
	}
}

// Named is one file of reads.
type Named struct {
	Name   string
	Reader io.Reader
}

// FASTQ checks the two files of a pair against each other and counts their
// bases. With check false, what the client asked for with
// SuppressFastqValidation, only what makes counting impossible is an error.
//
// IDs follow either of the two customs in use: both files name a read alike
// (as Illumina's current software does, with what differs after a blank), or
// the first file adds /1 and the second /2. The first pair decides which
// custom the files follow.
func FASTQ(ctx context.Context, first, second Named, limits Limits, check bool) (bases int64, err error) {
	one, err := openFASTQ(first.Name, first.Reader, limits, check)
	if err != nil {
		return 0, err
	}
	two, err := openFASTQ(second.Name, second.Reader, limits, check)
	if err != nil {
		return 0, err
	}
	pair := pairing{first: first.Name, second: second.Name}
	for count := int64(1); ; count++ {
		if count%4096 == 0 && ctx.Err() != nil {
			return bases, context.Cause(ctx)
		}
		a, endA, err := one.record()
		if err != nil {
			return bases, err
		}
		b, endB, err := two.record()
		if err != nil {
			return bases, err
		}
		bases += int64(len(a.sequence) + len(b.sequence))
		switch {
		case endA && endB:
			return bases, nil
		case check && endA != endB:
			return bases, bad(CodePairDiffers, "%s and %s have different numbers of reads", first.Name, second.Name)
		case check:
			if err := pair.compare(a.id, b.id); err != nil {
				return bases, err
			}
		}
	}
}
