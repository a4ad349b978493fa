package acctest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// pair is the smallest input that the service finds nothing wrong with.
var pair = map[string][]byte{
	"tiny_1.fq": []byte("@r1/1\nACGTACGT\n+\nIIIIIIII\n"),
	"tiny_2.fq": []byte("@r1/2\nTTGGCCAA\n+\nIIIIIIII\n"),
}

// Operator is somebody else who works with the same Azure behind Terraform's
// back: tests make drift with it, and look at what is really there. Whatever
// fails fails the test.
type Operator struct {
	*session.Session
	t     *testing.T
	world *harness.World
}

// NewOperator lets somebody in. When the test ends, the world is reset.
func NewOperator(t *testing.T) *Operator {
	t.Helper()
	world := World(t)
	endpoints := map[string]string{}
	for name, region := range world.Emulator.Ready.Regions {
		endpoints[name] = region.Service
	}
	s, err := session.New(azure.Config{
		SubscriptionID: world.Emulator.Ready.SubscriptionID, TenantID: world.Emulator.Ready.TenantID, UseMSI: true, Environment: "public",
		ResourceManagerEndpoint: world.Emulator.Ready.ResourceManager, ServiceEndpoints: endpoints, RegionTimeout: time.Minute,
	})
	o := &Operator{Session: s, t: t, world: world}
	o.must(err)
	t.Cleanup(func() { o.must(world.Reset(o.context())) })
	return o
}

// context outlives the test, so that the operator can clean up after it.
func (o *Operator) context() context.Context { return context.WithoutCancel(o.t.Context()) }

func (o *Operator) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// AccountID is the ID of an account in the resource group that a region has in
// every world.
func (o *Operator) AccountID(region, name string) azure.AccountID {
	return azure.AccountID{SubscriptionID: o.SubscriptionID(), ResourceGroup: "rg-" + region, Name: name}
}

// Manager is a client for accounts.
func (o *Operator) Manager() *azure.AccountsClient {
	o.t.Helper()
	client, err := o.Accounts()
	o.must(err)
	return client
}

// CreateAccount makes an account.
func (o *Operator) CreateAccount(id azure.AccountID, location string) {
	o.t.Helper()
	poller, err := o.Manager().BeginCreateOrUpdate(o.context(), id, location, nil)
	o.must(err)
	_, err = poller.PollUntilDone(o.context(), o.Manager().PollOptions())
	o.must(err)
}

// DeleteAccount deletes an account.
func (o *Operator) DeleteAccount(id azure.AccountID) {
	o.t.Helper()
	poller, err := o.Manager().BeginDelete(o.context(), id)
	o.must(err)
	_, err = poller.PollUntilDone(o.context(), o.Manager().PollOptions())
	o.must(err)
}

// Submit starts a workflow whose inputs are fine. It ends by itself unless the
// world holds it.
func (o *Operator) Submit(id azure.AccountID, location, description string) msgenomics.Workflow {
	o.t.Helper()
	ctx := o.context()
	in, out := o.container(location, "operator-in", pair), o.container(location, "operator-out", nil)
	s := msgenomics.Submission{
		Process: "gatk4", ProcessArgs: "R=hg38m1", Description: description, OutputBase: description,
		InputAccount: in.AccountName(), InputContainer: in.Name(), OutputAccount: out.AccountName(), OutputContainer: out.Name(),
	}
	for _, name := range slices.Sorted(maps.Keys(pair)) {
		sas, err := in.BlobSAS(ctx, name, time.Hour)
		o.must(err)
		s.Inputs = append(s.Inputs, msgenomics.Input{Name: name, SAS: sas})
	}
	var err error
	s.OutputSAS, err = out.ContainerSAS(ctx, time.Hour)
	o.must(err)
	service, err := o.Service(session.ServiceAccount{ID: id.String(), Location: location})
	o.must(err)
	w, err := service.Submit(ctx, s)
	o.must(err)
	return w
}

// container makes a container that holds blobs, and opens it as its region has it.
func (o *Operator) container(location, name string, blobs map[string][]byte) *blobstore.Container {
	o.t.Helper()
	ctx := o.context()
	stored, err := o.world.Container(location, name)
	o.must(err)
	o.must(stored.Create(ctx))
	o.must(stored.Put(ctx, blobs))
	account, err := o.world.StorageAccount(location)
	o.must(err)
	container, err := o.Container(ctx, session.ContainerRef{Location: location, StorageAccountID: account.ID, URL: strings.TrimRight(account.Endpoint, "/") + "/" + name})
	o.must(err)
	return container
}
