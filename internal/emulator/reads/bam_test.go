package reads

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

var background = context.Background()

func number(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(int32(n))) }

// header is a BAM header with one reference, its parts as given.
func header(textLength int, text string, references int, nameLength int, name string, length int) []byte {
	return bytes.Join([][]byte{bamMagic, number(textLength), []byte(text), number(references), number(nameLength), []byte(name), number(length)}, nil)
}

var goodHeader = header(4, "@HD\n", 1, 4, "chr\x00", 100)

// sequence is one alignment record of n bases.
func sequence(flags uint16, n int) []byte {
	fixed := make([]byte, bamFixed)
	fixed[8] = 3 // the name's length with its NUL
	binary.LittleEndian.PutUint16(fixed[14:], flags)
	binary.LittleEndian.PutUint32(fixed[16:], uint32(n))
	rest := append([]byte("r1\x00"), make([]byte, (n+1)/2+n)...)
	return bytes.Join([][]byte{number(len(fixed) + len(rest)), fixed, rest}, nil)
}

func bamFile(records ...[]byte) []byte {
	return append(bytes.Clone(goodHeader), bytes.Join(records, nil)...)
}

// bgzf compresses content the way BGZF files are: gzip members that carry
// their size, and an empty one at the end.
func bgzf(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Extra = []byte("BC\x02\x00\x00\x00")
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), bgzfEnd...)
}

func TestBAM(t *testing.T) {
	whole := bgzf(t, bamFile(sequence(0, 4)))
	corrupt := bytes.Clone(whole)
	corrupt[len(corrupt)-len(bgzfEnd)-6] ^= 0xff // in the first block's checksum
	for name, c := range map[string]struct {
		file  []byte
		bases int64
		code  int
	}{
		"reads":                        {bgzf(t, bamFile(sequence(0, 4), sequence(0x40, 6))), 10, 0},
		"no read":                      {bgzf(t, bamFile()), 0, 0},
		"no reference":                 {bgzf(t, append(append(bytes.Clone(bamMagic), number(0)...), append(number(0), sequence(4, 4)...)...)), 4, 0},
		"secondary without sequence":   {bgzf(t, bamFile(sequence(0, 4), sequence(flagSecondary, 0))), 4, 0},
		"secondary reads do not count": {bgzf(t, bamFile(sequence(0, 4), sequence(flagSecondary, 4), sequence(flagSupplement, 4))), 4, 0},

		"plain text":               {[]byte("hello"), 0, CodeBAMUnreadable},
		"empty":                    {nil, 0, CodeBAMUnreadable},
		"corrupt block":            {corrupt, 0, CodeBAMUnreadable},
		"gzip of something else":   {bgzf(t, []byte("hello world")), 0, CodeBAMFormat},
		"too small":                {bgzf(t, bamMagic[:2]), 0, CodeBAMNoHeader},
		"ends in the header text":  {bgzf(t, header(100, "@HD", 0, 0, "", 0)[:11]), 0, CodeBAMNoHeader},
		"negative text length":     {bgzf(t, header(-1, "", 0, 0, "", 0)), 0, CodeBAMHeaderText},
		"negative reference count": {bgzf(t, header(0, "", -5, 0, "", 0)), 0, CodeBAMReferences},
		"empty reference name":     {bgzf(t, header(0, "", 1, 0, "", 5)), 0, CodeBAMRefName},
		"name without end":         {bgzf(t, header(0, "", 1, 4, "chr1", 5)), 0, CodeBAMRefName},
		"reference without bases":  {bgzf(t, header(0, "", 1, 4, "chr\x00", 0)), 0, CodeBAMRefLength},
		"ends inside a record":     {bgzf(t, bamFile(sequence(0, 4)[:20])), 0, CodeBAMTruncated},
		"no end marker":            {whole[:len(whole)-len(bgzfEnd)], 0, CodeBAMTruncated},
		"cut inside a block":       {bgzf(t, bytes.Join([][]byte{goodHeader, sequence(0, 4)}, nil))[:40], 0, CodeBAMNoHeader},
		"read without sequence":    {bgzf(t, bamFile(sequence(0, 0))), 0, CodeBAMNoSequence},
		"read too long":            {bgzf(t, bamFile(sequence(0, 11))), 0, CodeReadTooLong},
		"impossible record":        {bgzf(t, bamFile(number(3))), 0, CodeBAMFormat},
		"impossible sequence":      {bgzf(t, bamFile(sequence(0, 4)[:20], number(-1), make([]byte, 40))), 0, CodeBAMFormat},
	} {
		t.Run(name, func(t *testing.T) {
			bases, err := BAM(background, Named{"a.bam", bytes.NewReader(c.file)}, limits)
			if codeOf(err) != c.code || c.code == 0 && err != nil {
				t.Fatalf("error %v, want code %d", err, c.code)
			}
			if c.code == 0 && bases != c.bases {
				t.Errorf("%d bases, want %d", bases, c.bases)
			}
		})
	}
}

func TestSAM(t *testing.T) {
	line := func(flag, sequence string) string {
		return "r1\t" + flag + "\t*\t0\t0\t*\t*\t0\t0\t" + sequence + "\t*\n"
	}
	for name, c := range map[string]struct {
		file  string
		bases int64
		code  int
	}{
		"reads":                   {"@HD\tVN:1.6\n" + line("4", "ACGT") + line("0", "AC"), 6, 0},
		"secondary":               {line("0", "ACGT") + line("256", "*"), 4, 0},
		"empty":                   {"", 0, CodeBAMNoHeader},
		"too few fields":          {"r1\t4\n", 0, CodeBAMFormat},
		"flag is no number":       {line("x", "ACGT"), 0, CodeBAMFormat},
		"read without sequence":   {line("4", "*"), 0, CodeBAMNoSequence},
		"read too long":           {line("4", strings.Repeat("A", 11)), 0, CodeReadTooLong},
		"line longer than buffer": {strings.Repeat("x", buffer+1), 0, CodeBAMFormat},
	} {
		t.Run(name, func(t *testing.T) {
			bases, err := SAM(background, Named{"a.sam", strings.NewReader(c.file)}, limits)
			if codeOf(err) != c.code || c.code == 0 && err != nil {
				t.Fatalf("error %v, want code %d", err, c.code)
			}
			if c.code == 0 && bases != c.bases {
				t.Errorf("%d bases, want %d", bases, c.bases)
			}
		})
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	many := strings.Repeat(read("r1", "A"), 5000)
	if _, err := FASTQ(ctx, Named{"a", strings.NewReader(many)}, Named{"b", strings.NewReader(many)}, limits, true); !errors.Is(err, context.Canceled) {
		t.Errorf("FASTQ: %v", err)
	}
}

func FuzzBAM(f *testing.F) {
	f.Add(bamFile(sequence(0, 4)))
	f.Add([]byte("BAM\x01"))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := BAM(background, Named{"a.bam", bytes.NewReader(bgzf(t, content))}, limits)
		if err != nil && codeOf(err) == 0 {
			t.Errorf("an error without a code: %v", err)
		}
	})
}

func FuzzSAM(f *testing.F) {
	f.Add([]byte("@HD\nr1\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\t*\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := SAM(background, Named{"a.sam", bytes.NewReader(content)}, limits)
		if err != nil && codeOf(err) == 0 {
			t.Errorf("an error without a code: %v", err)
		}
	})
}
