package reads

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// Facts of the BAM format, from the SAM/BAM specification.
const (
	bamFixed       = 32 // bytes of a record before its name
	flagSecondary  = 0x100
	flagSupplement = 0x800
	maxHeaderText  = 1 << 28
	maxReferences  = 1 << 24
	maxRecord      = 1 << 26
)

var (
	bamMagic = []byte("BAM\x01")
	// bgzfEnd is the empty block that ends every complete BGZF file.
	bgzfEnd = []byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\x06\x00\x42\x43\x02\x00\x1b\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00")
)

// tail remembers the last bytes that went through it.
type tail struct {
	r    io.Reader
	last []byte
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.last = append(t.last, p[:n]...)
	if extra := len(t.last) - len(bgzfEnd); extra > 0 {
		t.last = append(t.last[:0], t.last[extra:]...)
	}
	return n, err
}

// BAM checks one BAM file and counts the bases of its primary reads.
func BAM(ctx context.Context, file Named, limits Limits) (bases int64, err error) {
	end := &tail{r: source{file.Reader}}
	raw := bufio.NewReaderSize(end, 64<<10)
	zipped, err := isGzip(raw)
	if err != nil {
		return 0, err
	}
	if !zipped {
		return 0, bad(CodeBAMUnreadable, "%s is not BGZF-compressed", file.Name)
	}
	z, err := gzip.NewReader(raw)
	if err != nil {
		return 0, bamFailure(file.Name, err, CodeBAMUnreadable, "the first block")
	}
	b := &bam{name: file.Name, r: bufio.NewReaderSize(z, 64<<10), limits: limits}
	if err := b.header(); err != nil {
		return 0, err
	}
	for count := 1; ; count++ {
		if count%4096 == 0 && ctx.Err() != nil {
			return bases, context.Cause(ctx)
		}
		n, err := b.record()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return bases, err
		}
		bases += n
	}
	if !bytes.Equal(end.last, bgzfEnd) {
		return bases, bad(CodeBAMTruncated, "%s lacks the block that ends a BGZF file: it is truncated", file.Name)
	}
	return bases, nil
}

// bamFailure tells a cut file and a corrupt one from broken storage.
func bamFailure(name string, err error, cut int, where string) error {
	switch {
	case errors.Is(err, ErrSource):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad(cut, "%s ends inside %s", name, where)
	default:
		return bad(CodeBAMUnreadable, "%s is corrupt in %s", name, where)
	}
}

type bam struct {
	name   string
	r      *bufio.Reader
	limits Limits
	fixed  [bamFixed]byte
}

func (b *bam) header() error {
	magic := make([]byte, len(bamMagic))
	if _, err := io.ReadFull(b.r, magic); err != nil {
		return bamFailure(b.name, err, CodeBAMNoHeader, "its magic number")
	}
	if !bytes.Equal(magic, bamMagic) {
		return bad(CodeBAMFormat, "%s decompresses to something that is not BAM", b.name)
	}
	length, err := b.number("the header")
	if err != nil {
		return err
	}
	if length < 0 || length > maxHeaderText {
		return bad(CodeBAMHeaderText, "%s: a header text of %d bytes is impossible", b.name, length)
	}
	if err := b.skip(length, CodeBAMNoHeader, "the header text"); err != nil {
		return err
	}
	references, err := b.number("the header")
	if err != nil {
		return err
	}
	if references < 0 || references > maxReferences {
		return bad(CodeBAMReferences, "%s: %d references are impossible", b.name, references)
	}
	for range references {
		if err := b.reference(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bam) reference() error {
	length, err := b.number("the references")
	if err != nil {
		return err
	}
	if length < 2 || length > 1<<16 {
		return bad(CodeBAMRefName, "%s: a reference name of %d bytes is impossible", b.name, length)
	}
	name := make([]byte, length)
	if _, err := io.ReadFull(b.r, name); err != nil {
		return bamFailure(b.name, err, CodeBAMNoHeader, "the references")
	}
	if bytes.IndexByte(name, 0) != len(name)-1 {
		return bad(CodeBAMRefName, "%s: a reference name does not end where it says", b.name)
	}
	bases, err := b.number("the references")
	if err != nil {
		return err
	}
	if bases < 1 {
		return bad(CodeBAMRefLength, "%s: the reference %q has %d bases", b.name, name[:len(name)-1], bases)
	}
	return nil
}

// record reads one alignment and returns how many bases it counts for.
func (b *bam) record() (int64, error) {
	var size [4]byte
	if _, err := io.ReadFull(b.r, size[:]); errors.Is(err, io.EOF) {
		return 0, io.EOF
	} else if err != nil {
		return 0, bamFailure(b.name, err, CodeBAMTruncated, "a record")
	}
	length := signed(size[:])
	if length < bamFixed || length > maxRecord {
		return 0, bad(CodeBAMFormat, "%s: a record of %d bytes is impossible", b.name, length)
	}
	if _, err := io.ReadFull(b.r, b.fixed[:]); err != nil {
		return 0, bamFailure(b.name, err, CodeBAMTruncated, "a record")
	}
	flags := binary.LittleEndian.Uint16(b.fixed[14:])
	bases := signed(b.fixed[16:])
	secondary := flags&flagSecondary != 0
	switch {
	case bases < 0 || bases > length:
		return 0, bad(CodeBAMFormat, "%s: a record's sequence of %d bases is impossible", b.name, bases)
	case bases == 0 && !secondary: // a secondary alignment may refer to its primary's sequence
		return 0, bad(CodeBAMNoSequence, "%s has a read without sequence", b.name)
	case bases > int64(b.limits.MaxReadLength):
		return 0, bad(CodeReadTooLong, "%s has a read of %d bases, more than the limit of %d", b.name, bases, b.limits.MaxReadLength)
	}
	if err := b.skip(length-bamFixed, CodeBAMTruncated, "a record"); err != nil {
		return 0, err
	}
	if secondary || flags&flagSupplement != 0 {
		return 0, nil
	}
	return bases, nil
}

func (b *bam) number(where string) (int64, error) {
	var raw [4]byte
	if _, err := io.ReadFull(b.r, raw[:]); err != nil {
		return 0, bamFailure(b.name, err, CodeBAMNoHeader, where)
	}
	return signed(raw[:]), nil
}

// signed reads a 32-bit number in two's complement.
func signed(b []byte) int64 {
	n := int64(binary.LittleEndian.Uint32(b))
	if n > math.MaxInt32 {
		n -= 1 << 32
	}
	return n
}

func (b *bam) skip(n int64, cut int, where string) error {
	if _, err := io.CopyN(io.Discard, b.r, n); err != nil {
		return bamFailure(b.name, err, cut, where)
	}
	return nil
}
