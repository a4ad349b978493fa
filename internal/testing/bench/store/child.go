package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"golang.org/x/sync/errgroup"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// ChildArgument is the first argument of a bench that is started to do one task
// and be measured: a process of its own, as the tools that it is compared with.
const ChildArgument = "child"

// What a child does.
const (
	doNothing = "nothing"
	doRun     = "run"    // the engine's run
	doSurvey  = "survey" // the engine's comparison, which changes nothing
	doLoop    = "loop"   // a bare loop of server-side copies
)

// task is what a child is told on its standard input.
type task struct {
	Do                  string
	Source, Destination end
	// Base is how the store is reached: "http://127.0.0.1:PORT".
	Base     string
	Transfer string
	// Every, when set, makes a survey tell how far it is after so many blobs.
	Every int
	// Profile, when set, is a folder for a profile of the processor's time, and one of the memory at the end.
	Profile string
}

// end is a container and what opens it.
type end struct{ Location, Account, Key, Container string }

func (e end) url(base string) string { return base + "/" + e.Account + "/" + e.Container }

// outcome is what a child answers on its standard output.
type outcome struct {
	Copied, Pending, Streamed int64
	Points                    []point
}

// loopWorkers is how many copies the bare loop has under way: more gain nothing here.
const loopWorkers = 32

// patience is the region timeout of the engine's gates: a busy machine must not make a region look dark.
const patience = time.Minute

// Child does the task that in describes.
func Child(ctx context.Context, in io.Reader, out io.Writer) error {
	var t task
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return err
	}
	o, err := t.profiled(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(o)
}

// profiled does the task, and leaves its profiles where they are wanted.
func (t task) profiled(ctx context.Context) (o outcome, err error) {
	if t.Profile == "" {
		return t.do(ctx)
	}
	processor, err := os.CreateTemp(t.Profile, t.Do+"-*.cpu.pprof")
	if err != nil {
		return o, err
	}
	defer processor.Close()
	if err := pprof.StartCPUProfile(processor); err != nil {
		return o, err
	}
	o, err = t.do(ctx)
	pprof.StopCPUProfile()
	if err != nil {
		return o, err
	}
	memory, err := os.Create(strings.TrimSuffix(processor.Name(), ".cpu.pprof") + ".memory.pprof")
	if err != nil {
		return o, err
	}
	defer memory.Close()
	return o, pprof.WriteHeapProfile(memory)
}

func (t task) do(ctx context.Context) (o outcome, err error) {
	if t.Do == doLoop {
		o.Copied, err = t.loop(ctx)
		return o, err
	}
	src, dst, err := t.sides()
	if err != nil {
		return o, err
	}
	opt := replication.Options{Name: storeName, Transfer: t.Transfer}
	var inv replication.Inventory
	switch t.Do {
	case doRun:
		res, err := replication.Run(ctx, src, dst, opt, time.Now)
		return outcome{Copied: res.Copied, Pending: res.PendingBlobs, Streamed: res.StreamedBytes}, err
	case doSurvey:
		if t.Every > 0 {
			w := &watched{Store: src.Store, every: t.Every, began: time.Now()}
			src.Store = w
			defer func() { o.Points = w.points }()
		}
		inv, err = replication.Survey(ctx, src, dst, opt)
		o.Pending = inv.PendingBlobs
		return o, err
	case doNothing:
		return o, nil
	}
	return o, fmt.Errorf("unknown task %q", t.Do)
}

// sides opens both containers as the provider does.
func (t task) sides() (src, dst replication.Side, err error) {
	gates := region.NewGates(patience)
	pipelines, err := azure.NewPipelines(azure.Config{RegionTimeout: patience}, gates)
	if err != nil {
		return src, dst, err
	}
	open := func(e end) (replication.Side, error) {
		credential := blobstore.Credential{AccountName: e.Account, Key: e.Key}
		c, err := blobstore.Open(e.url(t.Base), credential, pipelines.ClientOptions(gates.For(e.Location)))
		return replication.Side{Location: e.Location, Store: c}, err
	}
	if src, err = open(t.Source); err != nil {
		return src, dst, err
	}
	dst, err = open(t.Destination)
	return src, dst, err
}

// loop lists the source and copies each blob: what no replication can be much
// faster than, for it decides nothing, checks nothing and remembers nothing.
func (t task) loop(ctx context.Context) (copied int64, err error) {
	source, err := t.Source.open(t.Base)
	if err != nil {
		return 0, err
	}
	destination, err := t.Destination.open(t.Base)
	if err != nil {
		return 0, err
	}
	signature, err := source.GetSASURL(sas.ContainerPermissions{Read: true}, time.Now().Add(time.Hour), nil)
	if err != nil {
		return 0, err
	}
	signed, err := url.Parse(signature)
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loopWorkers)
	pages := source.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{MaxResults: to.Ptr[int32](5000)})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, item := range page.Segment.BlobItems {
			copied++
			group.Go(func() error {
				from := source.NewBlobClient(*item.Name).URL() + "?" + signed.RawQuery
				_, err := destination.NewBlobClient(*item.Name).CopyFromURL(ctx, from, &blob.CopyFromURLOptions{})
				return err
			})
		}
	}
	return copied, group.Wait()
}

// open opens a container with the plain client.
func (e end) open(base string) (*container.Client, error) {
	credential, err := container.NewSharedKeyCredential(e.Account, e.Key)
	if err != nil {
		return nil, err
	}
	return container.NewClientWithSharedKeyCredential(e.url(base), credential, &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{
			InsecureAllowCredentialWithHTTP: true,
			Transport:                       &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: loopWorkers}},
		},
	})
}
