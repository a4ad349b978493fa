package reads

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// ErrSource marks that the bytes could not be had, as opposed to being wrong:
// it is the storage's failure and not the input's.
var ErrSource = errors.New("the input could not be read from storage")

// source turns every error of the underlying reader except its end into
// ErrSource, so that a broken download is never taken for a broken file.
type source struct{ r io.Reader }

func (s source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", ErrSource, err)
	}
	return n, err
}

const (
	gzipFirst, gzipSecond = 0x1f, 0x8b
)

// isGzip looks at the content: names lie.
func isGzip(r *bufio.Reader) (bool, error) {
	magic, err := r.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return len(magic) == 2 && magic[0] == gzipFirst && magic[1] == gzipSecond, nil
}

// text opens a FASTQ or SAM stream, decompressing it when it is gzip.
func text(r io.Reader) (*bufio.Reader, error) {
	raw := bufio.NewReaderSize(source{r}, 64<<10)
	zipped, err := isGzip(raw)
	if err != nil || !zipped {
		return raw, err
	}
	z, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}
