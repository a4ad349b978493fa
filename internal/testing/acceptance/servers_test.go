//go:build acceptance

package acceptance

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

func (l *lab) subscription() string { return l.Emulator.Ready.SubscriptionID }

// ok fails the test when the world itself fails.
func (l *lab) ok(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// outage takes a region, or harness.ResourceManager, down.
func (l *lab) outage(region string, mode harness.Mode) {
	l.Helper()
	l.ok(l.Down(l.Context(), region, mode))
}

// restore brings a region back.
func (l *lab) restore(region string) {
	l.Helper()
	l.ok(l.Up(l.Context(), region))
}

// inject breaks the next requests to a region that match.
func (l *lab) inject(region string, injection harness.Injection) {
	l.Helper()
	l.ok(l.Inject(l.Context(), region, injection))
}

// hold keeps the lab's jobs running in a region; with no region, in both.
func (l *lab) hold(region string) {
	l.Helper()
	for _, r := range []string{primary, secondary} {
		if region == "" || region == r {
			l.ok(l.Hold(l.Context(), harness.Hold{Region: r, Description: l.describe("")}))
		}
	}
}

// release lets the lab's jobs end in a region; with no region, wherever they were held.
func (l *lab) release(region string) {
	l.Helper()
	l.ok(l.Release(l.Context(), harness.Hold{Region: region, Description: l.describe("")}))
}

// finish lets one submission's run end in a region, and waits until it has.
func (l *lab) finish(region, submission string) {
	l.Helper()
	for _, run := range l.runsIn(region, submission) {
		l.ok(l.Force(l.Context(), region, run.ID, harness.Force{Release: true}))
	}
	l.await(region, submission, "success", "failed")
}

// force sets the status of a submission's runs in a region, in the service's code.
func (l *lab) force(region, submission string, status, failureCode int) {
	l.Helper()
	for _, run := range l.runsIn(region, submission) {
		l.ok(l.Force(l.Context(), region, run.ID, harness.Force{Status: &status, FailureCode: &failureCode}))
	}
}

// runs is the ledger: every run of the lab's accounts, in both regions.
func (l *lab) runs() []harness.JobRun {
	l.Helper()
	runs, err := l.Runs(l.Context(), "", "")
	l.ok(err)
	return slices.DeleteFunc(runs, func(r harness.JobRun) bool { return r.Account != l.account(r.Region) })
}

// runsOf is every run of one submission, by its description.
func (l *lab) runsOf(submission string) []harness.JobRun {
	l.Helper()
	return slices.DeleteFunc(l.runs(), func(r harness.JobRun) bool { return !strings.Contains(r.Description, l.describe(submission)) })
}

func (l *lab) runsIn(region, submission string) []harness.JobRun {
	l.Helper()
	return slices.DeleteFunc(l.runsOf(submission), func(r harness.JobRun) bool { return r.Region != region })
}

// ledger writes runs for the message of a failed assertion.
func ledger(runs []harness.JobRun) string {
	var b strings.Builder
	for _, r := range runs {
		fmt.Fprintf(&b, "%s %s %d %q: %s, code %d, restarts %d\n", r.Region, r.Account, r.ID, r.Description, r.Status, r.FailureCode, r.Restarts)
	}
	return b.String()
}

// ran asserts how often a submission ran, in both regions together.
func (l *lab) ran(submission string, times int) []harness.JobRun {
	l.Helper()
	runs := l.runsOf(submission)
	if len(runs) != times {
		l.Fatalf("%s ran %d times, want %d:\n%s", submission, len(runs), times, ledger(runs))
	}
	return runs
}

// patience is how long the servers may take for something that they do by
// themselves. It is never waited for in full unless a test fails.
const patience = time.Minute

// await waits until the newest run of a submission in a region has one of the statuses.
func (l *lab) await(region, submission string, statuses ...string) {
	l.Helper()
	l.until(fmt.Sprintf("%s is %v in %s", submission, statuses, region), func() bool {
		runs := l.runsIn(region, submission)
		return len(runs) > 0 && slices.Contains(statuses, runs[len(runs)-1].Status)
	})
}

// until waits for something that happens elsewhere.
func (l *lab) until(what string, happened func() bool) {
	l.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		select {
		case <-tick.C:
		case <-end.C:
			l.Fatalf("waited %s in vain until %s; the runs are\n%s", patience, what, ledger(l.runs()))
		case <-l.Context().Done():
			l.Fatal(l.Context().Err())
		}
	}
}

// mark is the place in the journal from which a test looks.
func (l *lab) mark() int64 {
	l.Helper()
	mark, err := l.Mark(l.Context())
	l.ok(err)
	return mark
}

// requests is what clients asked a region's service and storage since a mark.
func (l *lab) requests(since int64, region string) []harness.Seen {
	l.Helper()
	seen, _, err := l.Journal(l.Context(), harness.Query{Region: region, Origin: "client", Since: since})
	l.ok(err)
	return seen
}

// managed is what clients asked Resource Manager since a mark.
func (l *lab) managed(since int64) []harness.Seen {
	l.Helper()
	seen, _, err := l.Journal(l.Context(), harness.Query{Plane: "arm", Since: since})
	l.ok(err)
	return seen
}

// service narrows requests to those of the workflow service with a method.
func service(seen []harness.Seen, method string) []harness.Seen {
	return slices.DeleteFunc(seen, func(s harness.Seen) bool { return s.Plane != "service" || s.Method != method })
}

// posts is every submission that a region was sent since a mark.
func (l *lab) posts(since int64, region string) []harness.Seen {
	l.Helper()
	return service(l.requests(since, region), http.MethodPost)
}

// cancels is every cancellation that a region was asked for since a mark.
func (l *lab) cancels(since int64, region string) []harness.Seen {
	l.Helper()
	return service(l.requests(since, region), http.MethodDelete)
}

// lists is every listing of workflows, searches for one submission left out, since
// a mark.
func (l *lab) lists(since int64, region string) []harness.Seen {
	l.Helper()
	return slices.DeleteFunc(service(l.requests(since, region), http.MethodGet), func(s harness.Seen) bool {
		searches := strings.Contains(s.Query, "filter") && !strings.Contains(s.Query, "Status")
		return strings.Trim(strings.TrimPrefix(s.Path, "/api/workflows"), "/") != "" || searches
	})
}

// submitted asserts how many submissions both regions were sent since a mark.
func (l *lab) submitted(since int64, times int) {
	l.Helper()
	if posts := append(l.posts(since, primary), l.posts(since, secondary)...); len(posts) != times {
		l.Errorf("%d submissions were sent, want %d: %+v", len(posts), times, posts)
	}
}

// sampleReads are read once for all tests.
var sampleReads = sync.OnceValues(harness.LoadReads)

// smallReads are for tests of which many run.
var smallReads = sync.OnceValues(func() (harness.Reads, error) { return harness.GenerateReads(1, 20) })

// reads are a pair of small blobs for each submission.
func (l *lab) reads(submissions ...string) map[string][]byte {
	l.Helper()
	return l.pairs(smallReads, submissions)
}

// realReads are a pair of blobs with the reads of a sequencing run for each.
func (l *lab) realReads(submissions ...string) map[string][]byte {
	l.Helper()
	return l.pairs(sampleReads, submissions)
}

func (l *lab) pairs(load func() (harness.Reads, error), submissions []string) map[string][]byte {
	l.Helper()
	reads, err := load()
	if err != nil {
		l.Fatal(err)
	}
	blobs := map[string][]byte{}
	for _, name := range submissions {
		blobs[firstReads(name)], blobs[secondReads(name)] = reads.First, reads.Second
	}
	return blobs
}

func (l *lab) folder(region, name string) *harness.Container {
	l.Helper()
	container, err := l.Container(region, name)
	l.ok(err)
	return container
}

// put uploads blobs past every door and fault, and makes their container.
func (l *lab) put(region, container string, blobs ...map[string][]byte) {
	l.Helper()
	c := l.folder(region, container)
	err := c.Create(l.Context())
	all := map[string][]byte{}
	for _, more := range blobs {
		maps.Copy(all, more)
	}
	if err == nil {
		err = c.Put(l.Context(), all)
	}
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lab) get(region, container, name string) []byte {
	l.Helper()
	content, err := l.folder(region, container).Get(l.Context(), name)
	if err != nil {
		l.Fatal(err)
	}
	return content
}

// blobs lists a container.
func (l *lab) blobs(region, container, prefix string) []string {
	l.Helper()
	names, err := l.folder(region, container).Names(l.Context(), prefix)
	if err != nil {
		l.Fatal(err)
	}
	return names
}

// remove removes blobs, as somebody outside would.
func (l *lab) remove(region, container string, names ...string) {
	l.Helper()
	for _, name := range names {
		if err := l.folder(region, container).Delete(l.Context(), name); err != nil {
			l.Fatal(err)
		}
	}
}

// resource asks Resource Manager as a colleague would: with a token of the
// managed identity, past the provider. It returns the status and the body.
func (l *lab) resource(method, id, version string, body any) (int, map[string]any) {
	l.Helper()
	ready := l.Emulator.Ready
	var token struct {
		Token string `json:"access_token"`
	}
	l.call(http.MethodGet, ready.Identity+"?api-version=2019-08-01&resource=https://management.azure.com/", http.Header{"X-Identity-Header": {ready.IdentityHeader}}, nil, &token)
	answer := map[string]any{}
	status := l.call(method, ready.ResourceManager+id+"?api-version="+version, http.Header{"Authorization": {"Bearer " + token.Token}}, body, &answer)
	return status, answer
}

const genomicsVersion = "2017-08-01-preview"

func (l *lab) accountExists(region string) bool {
	l.Helper()
	status, _ := l.resource(http.MethodGet, l.accountID(region), genomicsVersion, nil)
	return status == http.StatusOK
}

// deleteAccount deletes an account outside of Terraform.
func (l *lab) deleteAccount(region string) {
	l.Helper()
	l.resource(http.MethodDelete, l.accountID(region), genomicsVersion, nil)
	l.until("the account is gone", func() bool { return !l.accountExists(region) })
}

// key is an access key of the lab's account.
func (l *lab) key(region string) string {
	l.Helper()
	_, keys := l.resource(http.MethodPost, l.accountID(region)+"/listKeys", genomicsVersion, nil)
	return text(keys["key1"])
}

// call sends a request that is no part of the test, and reads a JSON answer.
func (l *lab) call(method, url string, header http.Header, body, answer any) int {
	l.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			l.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	// What is asked of the servers here also mends them after a test's context has ended.
	req, err := http.NewRequestWithContext(context.WithoutCancel(l.Context()), method, url, content)
	if err != nil {
		l.Fatal(err)
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	if len(raw) > 0 && answer != nil {
		if err := json.Unmarshal(raw, answer); err != nil {
			l.Fatalf("%s %s answered %d %s", method, req.URL.Path, resp.StatusCode, raw)
		}
	}
	return resp.StatusCode
}

// storageKey is the key of a region's storage account.
func (l *lab) storageKey(region string) string {
	l.Helper()
	for _, key := range l.Azurite.Accounts {
		if key.Account == places[region].storage {
			return key.Key
		}
	}
	l.Fatalf("no storage account in %s", region)
	return ""
}

// removeContainer deletes a container, as somebody outside would.
func (l *lab) removeContainer(region, name string) {
	l.Helper()
	_, err := l.folder(region, name).Client.Delete(l.Context(), nil)
	l.ok(err)
}

func (l *lab) hasContainer(region, name string) bool {
	l.Helper()
	_, err := l.folder(region, name).Client.GetProperties(l.Context(), nil)
	return err == nil
}

// plain are reads as they are without compression, first or second.
func (l *lab) plain(mate int) []byte {
	l.Helper()
	blobs := l.reads("x")
	name := firstReads("x")
	if mate == 2 {
		name = secondReads("x")
	}
	reader, err := gzip.NewReader(bytes.NewReader(blobs[name]))
	l.ok(err)
	content, err := io.ReadAll(reader)
	l.ok(err)
	return content
}
