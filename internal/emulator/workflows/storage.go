package workflows

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// storageVersion is the version of the Blob REST interface that jobs speak.
const storageVersion = "2021-12-02"

// storageError is storage's refusal or its silence. It never holds a SAS.
type storageError struct {
	operation string
	blob      string // account/container/name
	status    int    // 0: no answer
	errorCode string
}

func (e *storageError) Error() string {
	if e.status == 0 {
		return fmt.Sprintf("%s %s: storage did not answer", e.operation, e.blob)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s: storage answered %d %s", e.operation, e.blob, e.status, e.errorCode))
}

func (e *storageError) code() int {
	if e.status >= 400 && e.status < 500 && e.status != http.StatusTooManyRequests {
		return CodeAccess
	}
	return CodeStorage
}

// fetch opens one input with the SAS that came with it.
func (s *Service) fetch(ctx context.Context, run Run, input Input) (io.ReadCloser, error) {
	return s.open(ctx, strings.Join([]string{run.Submission.InputAccount, run.Submission.InputContainer, input.Name}, "/"), input.SAS)
}

// open reads one blob.
func (s *Service) open(ctx context.Context, place, sas string) (io.ReadCloser, error) {
	response, err := s.ask(ctx, http.MethodGet, place, sas, nil, nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		return nil, refusal("read", place, response)
	}
	return response.Body, nil
}

// exists asks for a blob of the output container.
func (s *Service) exists(ctx context.Context, run Run, name string) (bool, error) {
	place := outputPlace(run, name)
	response, err := s.ask(ctx, http.MethodHead, place, run.Submission.OutputSAS, nil, nil)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return true, nil
	case http.StatusNotFound:
		return false, nil
	}
	return false, refusal("look for", place, response)
}

// put writes a blob of the output container. Without overwrite an existing one
// is left as it is and errOutputExists returned.
func (s *Service) put(ctx context.Context, run Run, name, contentType string, content []byte, overwrite bool) error {
	header := http.Header{"Content-Type": {contentType}}
	if !overwrite {
		header.Set("If-None-Match", "*")
	}
	return s.write(ctx, outputPlace(run, name), run.Submission.OutputSAS, header, content)
}

// write puts one blob. With If-None-Match in header an existing one is left as
// it is and errOutputExists returned.
func (s *Service) write(ctx context.Context, place, sas string, header http.Header, content []byte) error {
	header.Set("X-Ms-Blob-Type", "BlockBlob")
	overwrite := header.Get("If-None-Match") == ""
	response, err := s.ask(ctx, http.MethodPut, place, sas, header, content)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusCreated:
		return nil
	case !overwrite && (response.StatusCode == http.StatusConflict || response.StatusCode == http.StatusPreconditionFailed):
		return fmt.Errorf("%w: %s", errOutputExists, place)
	}
	return refusal("write", place, response)
}

func outputPlace(run Run, name string) string {
	return strings.Join([]string{run.Submission.OutputAccount, run.Submission.OutputContainer, name}, "/")
}

func refusal(operation, place string, response *http.Response) error {
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	return &storageError{operation: operation, blob: place, status: response.StatusCode, errorCode: response.Header.Get("x-ms-error-code")}
}

// ask sends one request to the blob door of an account's region. Nothing in
// its errors repeats the URL, which carries the SAS.
func (s *Service) ask(ctx context.Context, method, place, sas string, header http.Header, content []byte) (*http.Response, error) {
	account, rest, _ := strings.Cut(place, "/")
	base, ok := s.BlobURL(account)
	if !ok {
		return nil, &storageError{operation: method, blob: place, status: http.StatusNotFound, errorCode: "AccountNotFound"}
	}
	request, err := http.NewRequestWithContext(ctx, method, base+rest+"?"+sas, bytes.NewReader(content))
	if err != nil {
		return nil, &storageError{operation: method, blob: place, status: http.StatusBadRequest}
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("x-ms-version", storageVersion)
	s.Mark(request.Header)
	response, err := s.client.Do(request)
	if err != nil {
		return nil, &storageError{operation: method, blob: place}
	}
	return response, nil
}
