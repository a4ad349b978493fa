package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator"
)

func TestHelpSaysWhatItIsNot(t *testing.T) {
	var help bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, io.Discard, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	for _, part := range []string{"aligns nothing", "loopback only", "-storage-account", "-state"} {
		if !strings.Contains(help.String(), part) {
			t.Errorf("the help lacks %q", part)
		}
	}
}

func TestReadyLineAndEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--region", "westus2", "--storage-account", "abc=westus2,a2V5", "--resource-group", "rg=westus2"}, out, io.Discard)
	}()
	var ready emulator.Ready
	if err := json.NewDecoder(in).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	if !ready.Ready || len(ready.Regions) != 1 || len(ready.StorageAccounts) != 1 || ready.StorageAccounts[0].ResourceGroup != "rg" {
		t.Errorf("ready: %+v", ready)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestFlags(t *testing.T) {
	c, err := parse([]string{
		"--region", "westus2,service=81,blob=82", "--storage-account", "abc=westus2,key=a2V5Cg==,group=rg", "--resource-group", "rg=westus2", "--hold",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.Regions[0] != (emulator.Region{Name: "westus2", ServicePort: 81, BlobPort: 82}) || !c.HoldJobs ||
		c.StorageAccounts[0] != (emulator.StorageAccount{Name: "abc", Region: "westus2", Key: "a2V5Cg==", ResourceGroup: "rg"}) {
		t.Errorf("%+v", c)
	}
	for _, args := range [][]string{
		{"--region", "westus2,service=x"}, {"--region", "westus2,other=1"}, {"--resource-group", "rg"}, {"--storage-account", "abc"}, {"surplus"}, {"--nonsense"},
	} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
