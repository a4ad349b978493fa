package harness

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Reads is one sample of paired reads: two gzipped FASTQ files whose records
// belong together one by one.
type Reads struct {
	Source string // where they are from, in words
	First  []byte
	Second []byte
	Bases  int64 // in both files together; 0 when not counted
}

// debianReads is where Debian's bowtie2-examples puts its reads.
const debianReads = "/usr/share/doc/bowtie2/examples/reads"

// ReadsVariable is the environment variable that asks for real reads: with the
// value "bowtie2", reads made up instead are an error.
const ReadsVariable = "GENOMICS_TEST_READS"

// LoadReads returns the reads of Debian's bowtie2-examples when they are
// installed, and else reads generated from a seed.
func LoadReads() (Reads, error) {
	first, err := os.ReadFile(filepath.Join(debianReads, "reads_1.fq.gz"))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv(ReadsVariable) != "bowtie2" {
		return GenerateReads(1, 10_000)
	}
	if err != nil {
		return Reads{}, fmt.Errorf("read Debian's bowtie2-examples: %w", err)
	}
	second, err := os.ReadFile(filepath.Join(debianReads, "reads_2.fq.gz"))
	if err != nil {
		return Reads{}, fmt.Errorf("read Debian's bowtie2-examples: %w", err)
	}
	return Reads{Source: "reads_1.fq.gz and reads_2.fq.gz of Debian's bowtie2-examples", First: first, Second: second}, nil
}

// Count counts the bases of both files.
func (r Reads) Count() (bases int64, err error) {
	for _, content := range [][]byte{r.First, r.Second} {
		text, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", r.Source, err)
		}
		lines := bufio.NewScanner(text)
		for i := 0; lines.Scan(); i++ {
			if i%4 == 1 {
				bases += int64(len(lines.Bytes()))
			}
		}
		if err := lines.Err(); err != nil {
			return 0, fmt.Errorf("read %s: %w", r.Source, err)
		}
	}
	return bases, nil
}

// GenerateReads makes up pairs of reads. The same seed gives the same bytes.
func GenerateReads(seed uint64, pairs int) (Reads, error) {
	const length = 100
	random := rand.New(rand.NewPCG(seed, 0))
	var files [2]bytes.Buffer
	for mate := range files {
		compressor := gzip.NewWriter(&files[mate])
		for pair := range pairs {
			sequence, quality := make([]byte, length), make([]byte, length)
			for i := range sequence {
				sequence[i] = "ACGT"[random.IntN(4)]
				quality[i] = byte('!' + 20 + random.IntN(21)) // Phred 20 to 40
			}
			if _, err := fmt.Fprintf(compressor, "@SIM:%d:%d/%d\n%s\n+\n%s\n", seed, pair+1, mate+1, sequence, quality); err != nil {
				return Reads{}, err
			}
		}
		if err := compressor.Close(); err != nil {
			return Reads{}, err
		}
	}
	return Reads{
		Source: fmt.Sprintf("%d pairs of reads generated from seed %d", pairs, seed),
		First:  files[0].Bytes(), Second: files[1].Bytes(),
		Bases: int64(2 * pairs * length),
	}, nil
}
