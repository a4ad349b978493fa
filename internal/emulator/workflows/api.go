package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	basePath  = "/api/workflows"
	keyHeader = "Ocp-Apim-Subscription-Key"
	bodyLimit = 4 << 20 // bytes
)

// ServeHTTP is the gateway and the service behind it. Both forms of the path,
// with and without a slash at the end, are the same.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get(keyHeader)
	if s.Seen != nil {
		s.Seen("account_key", "subscription key header", key)
	}
	if key == "" {
		gateway(w, http.StatusUnauthorized, "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.")
		return
	}
	account, ok := s.AccountByKey(key)
	if !ok {
		gateway(w, http.StatusUnauthorized, "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.")
		return
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	item, isItem := cutPrefixFold(path, basePath+"/")
	switch {
	case strings.EqualFold(path, basePath):
		s.serveList(w, r, account)
	case isItem && !strings.Contains(item, "/"):
		s.serveItem(w, r, account, item)
	default:
		gateway(w, http.StatusNotFound, "Resource not found")
	}
}

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

func (s *Service) serveList(w http.ResponseWriter, r *http.Request, account Account) {
	switch r.Method {
	case http.MethodGet:
		s.list(w, r, account)
	case http.MethodPost:
		s.post(w, r, account)
	default:
		notAllowed(w, r)
	}
}

func (s *Service) serveItem(w http.ResponseWriter, r *http.Request, account Account, item string) {
	id, err := strconv.ParseInt(item, 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, "The workflow ID "+strconv.Quote(item)+" is not a number.")
		return
	}
	switch r.Method {
	case http.MethodGet:
		s.get(w, account, id)
	case http.MethodDelete:
		s.delete(w, account, id)
	default:
		notAllowed(w, r)
	}
}

func (s *Service) list(w http.ResponseWriter, r *http.Request, account Account) {
	l, err := parseListing(r.URL.Query())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	own := make([]*Run, 0, len(s.runs))
	for _, run := range s.runs {
		if run.belongs(account.TenantID) {
			own = append(own, run)
		}
	}
	answer := []wireRun{}
	for _, run := range l.apply(own) {
		answer = append(answer, run.wire())
	}
	s.mu.Unlock()
	reply(w, http.StatusOK, answer)
}

func (s *Service) get(w http.ResponseWriter, account Account, id int64) {
	s.mu.Lock()
	run := s.find(id)
	if run == nil || !run.belongs(account.TenantID) {
		s.mu.Unlock()
		noSuchWorkflow(w, id)
		return
	}
	answer := run.wire()
	s.mu.Unlock()
	reply(w, http.StatusOK, answer)
}

// delete asks for a cancellation. What the service said to one for a finished
// workflow is not documented; a refusal that changes nothing is the safe form,
// and a client has to look at the workflow anyway.
func (s *Service) delete(w http.ResponseWriter, account Account, id int64) {
	run, found, refused := s.cancel(account.TenantID, id)
	switch {
	case !found:
		noSuchWorkflow(w, id)
	case refused:
		refuse(w, http.StatusBadRequest, fmt.Sprintf("The workflow %d cannot be cancelled: it has ended with status %d.", id, run.Status))
	default:
		reply(w, http.StatusOK, run.wire())
	}
}

func (s *Service) post(w http.ResponseWriter, r *http.Request, account Account) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		refuse(w, http.StatusBadRequest, "The request body could not be read.")
		return
	}
	submission, err := parseSubmission(body)
	if err == nil {
		s.remember(submission)
		err = submission.validate()
	}
	if err == nil {
		err = s.checkRegion(submission)
	}
	switch {
	case errors.Is(err, errSASOrder):
		refuse(w, http.StatusInternalServerError, "An error has occurred.")
	case err != nil:
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		run := s.submit(account, submission)
		reply(w, http.StatusOK, run.wire())
	}
}

func (s *Service) remember(submission Submission) {
	if s.Seen == nil {
		return
	}
	for _, input := range submission.Inputs {
		s.Seen("signature", submission.InputAccount+"/"+submission.InputContainer, input.SAS)
	}
	s.Seen("signature", submission.OutputAccount+"/"+submission.OutputContainer, submission.OutputSAS)
}

// checkRegion refuses data in another region, unless the client says that it
// means it with IgnoreAzureRegion. A storage account that is unknown here is
// the job's trouble.
func (s *Service) checkRegion(submission Submission) error {
	if submission.IgnoreAzureRegion {
		return nil
	}
	for _, account := range []string{submission.InputAccount, submission.OutputAccount} {
		if location, known := s.StorageLocation(account); known && location != s.Region {
			return fmt.Errorf("the storage account %s is in %s, not in %s; set IgnoreAzureRegion to use it all the same", account, location, s.Region)
		}
	}
	return nil
}

func noSuchWorkflow(w http.ResponseWriter, id int64) {
	refuse(w, http.StatusNotFound, fmt.Sprintf("The workflow %d was not found.", id))
}

func notAllowed(w http.ResponseWriter, r *http.Request) {
	refuse(w, http.StatusMethodNotAllowed, "The requested resource does not support http method '"+r.Method+"'.")
}

// refuse answers in the service's own form.
func refuse(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"Message": message})
}

// gateway answers in the form of the gateway in front of the service.
func gateway(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]any{"statusCode": status, "message": message})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone, which is no matter here
}
