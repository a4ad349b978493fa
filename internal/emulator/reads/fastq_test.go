package reads

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

var limits = Limits{MaxReadLength: 10}

func pairOf(first, second string) (int64, error) {
	return readPair(strings.NewReader(first), strings.NewReader(second), true)
}

func readPair(first, second io.Reader, check bool) (int64, error) {
	return FASTQ(background, Named{"a_1.fq", first}, Named{"a_2.fq", second}, limits, check)
}

func codeOf(err error) int {
	var bad *InputError
	if errors.As(err, &bad) {
		return bad.Code
	}
	return 0
}

func read(id, bases string) string {
	return fmt.Sprintf("@%s\n%s\n+\n%s\n", id, bases, strings.Repeat("I", len(bases)))
}

func TestFASTQ(t *testing.T) {
	good := read("r1", "ACGT") + read("r2", "AC")
	for name, c := range map[string]struct {
		first, second string
		bases         int64
		code          int
	}{
		"same names":                   {good, good, 12, 0},
		"suffixes":                     {read("r1/1", "ACGT"), read("r1/2", "A"), 5, 0},
		"what differs after a blank":   {read("r1 1:N:0:A", "ACGT"), read("r1 2:N:0:A", "A"), 5, 0},
		"carriage returns":             {strings.ReplaceAll(good, "\n", "\r\n"), good, 12, 0},
		"name repeated after the plus": {"@r1\nAC\n+r1\nII\n", read("r1", "AC"), 4, 0},
		"quality that begins with @":   {"@r1\nAC\n+\n@I\n", read("r1", "AC"), 4, 0},

		"no final newline":           {strings.TrimSuffix(good, "\n"), good, 0, CodeNoNewline},
		"no final newline, second":   {good, strings.TrimSuffix(good, "\n"), 0, CodeNoNewline},
		"empty":                      {"", good, 0, CodeNoNewline},
		"ends inside a record":       {"@r1\nACGT\n", good, 0, CodeNoNewline},
		"record larger than buffer":  {"@r1\n" + strings.Repeat("A", buffer) + "\n+\n", good, 0, CodeRecordTooLarge},
		"blank line":                 {good + "\n", good, 0, CodeBlankLine},
		"blank sequence":             {"@r1\n\n+\n\n", good, 0, CodeBlankLine},
		"bad start":                  {strings.Replace(good, "@", ">", 1), good, 0, CodeBadStart},
		"bad plus":                   {strings.Replace(good, "+", "-", 1), good, 0, CodeBadStart},
		"lengths differ":             {"@r1\nACGT\n+\nIII\n", good, 0, CodeBadStart},
		"first read lacks /1":        {read("r1", "A"), read("r1/2", "A"), 0, CodeFirstNoOne},
		"files swapped":              {read("r1/2", "A"), read("r1/1", "A"), 0, CodeFirstNoOne},
		"first read lacks /2":        {read("r1/1", "A"), read("r1", "A"), 0, CodeFirstNoTwo},
		"first file given twice":     {read("r1/1", "A"), read("r1/1", "A"), 0, CodeFirstNoTwo},
		"later read lacks /1":        {read("r1/1", "A") + read("r2", "A"), read("r1/2", "A") + read("r2/2", "A"), 0, CodeIDNoOne},
		"later read lacks /2":        {read("r1/1", "A") + read("r2/1", "A"), read("r1/2", "A") + read("r2", "A"), 0, CodeIDNoneNoTwo},
		"later pair lacks both":      {read("r1/1", "A") + read("r2", "A"), read("r1/2", "A") + read("r2", "A"), 0, CodeIDNoneNoTwo},
		"names differ":               {read("r1", "A"), read("x1", "A"), 0, CodePairDiffers},
		"suffixed names differ":      {read("r1/1", "A"), read("x1/2", "A"), 0, CodePairDiffers},
		"numbers of reads differ":    {good, read("r1", "ACGT"), 0, CodePairDiffers},
		"read too long":              {read("r1", strings.Repeat("A", 11)), good, 0, CodeReadTooLong},
		"read as long as allowed":    {read("r1", strings.Repeat("A", 10)), read("r1", "A"), 11, 0},
		"gzip that is none":          {"\x1f\x8bnonsense", good, 0, CodeBadStart},
		"gzip cut inside its header": {"\x1f\x8b\x08", good, 0, CodeNoNewline},
	} {
		t.Run(name, func(t *testing.T) {
			bases, err := pairOf(c.first, c.second)
			if codeOf(err) != c.code || c.code == 0 && err != nil {
				t.Fatalf("error %v, want code %d", err, c.code)
			}
			if c.code == 0 && bases != c.bases {
				t.Errorf("%d bases, want %d", bases, c.bases)
			}
		})
	}
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFASTQReadsGzipWhateverItsName(t *testing.T) {
	text := read("r1", "ACGT") + read("r2", "ACGT")
	// Two gzip members in one file are one stream, as bgzip writes it.
	first := append(zipped(t, read("r1", "ACGT")), zipped(t, read("r2", "ACGT"))...)
	bases, err := readPair(bytes.NewReader(first), strings.NewReader(text), true)
	if err != nil || bases != 16 {
		t.Errorf("%d bases, %v", bases, err)
	}
	_, err = readPair(bytes.NewReader(first[:len(first)-4]), strings.NewReader(text), true)
	if codeOf(err) != CodeNoNewline {
		t.Errorf("a cut gzip stream gives %v", err)
	}
}

func TestFASTQWithoutValidationStillCounts(t *testing.T) {
	bases, err := readPair(strings.NewReader(read("r1", "ACGT")), strings.NewReader(read("x", "A")+read("y", "A")), false)
	if err != nil || bases != 6 {
		t.Errorf("%d bases, %v", bases, err)
	}
}

// A download that breaks is storage's failure. Taken for a broken file it
// would keep the workflow from running elsewhere.
func TestBrokenDownloadIsNotBrokenInput(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("@r1\nAC"), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := readPair(broken, strings.NewReader(read("r1", "ACGT")), true)
	if !errors.Is(err, ErrSource) || codeOf(err) != 0 {
		t.Errorf("FASTQ: %v", err)
	}
	whole := bgzf(t, bamFile(sequence(0, 4)))
	broken = io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := BAM(background, Named{"a.bam", broken}, limits); !errors.Is(err, ErrSource) || codeOf(err) != 0 {
		t.Errorf("BAM: %v", err)
	}
}

// Whatever the reads are, a well-formed pair passes and every base counts.
func TestFASTQCountsEveryBase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sequences := rapid.SliceOfN(rapid.StringMatching(`[ACGTN]{1,10}`), 1, 50).Draw(t, "sequences")
		suffixed := rapid.Bool().Draw(t, "suffixed")
		var first, second strings.Builder
		var want int64
		for i, s := range sequences {
			one, two := fmt.Sprintf("r%d", i), fmt.Sprintf("r%d", i)
			if suffixed {
				one, two = one+"/1", two+"/2"
			}
			first.WriteString(read(one, s))
			second.WriteString(read(two, "ACG"))
			want += int64(len(s)) + 3
		}
		bases, err := pairOf(first.String(), second.String())
		if err != nil || bases != want {
			t.Fatalf("%d bases, %v; want %d", bases, err, want)
		}
	})
}

func FuzzFASTQ(f *testing.F) {
	good := read("r1/1", "ACGT") + read("r2/1", "AC")
	f.Add([]byte(good), []byte(strings.ReplaceAll(good, "/1", "/2")))
	f.Add([]byte("@r\nA\n+\n"), []byte("\n\n\n\n"))
	f.Add(zipped(f, good), []byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		_, err := readPair(bytes.NewReader(first), bytes.NewReader(second), true)
		if err != nil && codeOf(err) == 0 {
			t.Errorf("an error without a code: %v", err)
		}
	})
}
