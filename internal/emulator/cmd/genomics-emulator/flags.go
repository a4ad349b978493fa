package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator"
)

const help = `genomics-emulator stands in for Microsoft Genomics and the parts of Azure around
it, for development and tests on one machine. It aligns nothing: a job reads and
checks its inputs, counts their bases and writes a small manifest and its logs.

It listens on loopback only and prints one line of JSON on standard output when
everything answers. Blobs live in an Azurite that runs beside it; start that
with the same account names and keys, --skipApiVersionCheck and
--blobKeepAliveTimeout 60, and give its URL with --azurite.

Usage: genomics-emulator [flags]

`

// parse reads the command line.
func parse(args []string, diagnostics io.Writer) (emulator.Config, error) {
	var c emulator.Config
	var verbose bool
	flags := flag.NewFlagSet("genomics-emulator", flag.ContinueOnError)
	flags.SetOutput(diagnostics)
	flags.Usage = func() {
		fmt.Fprint(diagnostics, help)
		flags.PrintDefaults()
	}
	flags.Func("region", "a region, as `NAME[,service=PORT][,blob=PORT]`; repeat for more (default westus2 and westeurope)", func(text string) error {
		region, err := parseRegion(text)
		c.Regions = append(c.Regions, region)
		return err
	})
	flags.Func("resource-group", "a resource group, as `NAME=LOCATION`; repeat for more (default one a region, rg-REGION)", func(text string) error {
		name, location, found := strings.Cut(text, "=")
		if !found {
			return fmt.Errorf("NAME=LOCATION is wanted")
		}
		c.ResourceGroups = append(c.ResourceGroups, emulator.ResourceGroup{Name: name, Location: location})
		return nil
	})
	flags.Func("storage-account", "a storage account, as `NAME=REGION[,BASE64KEY][,group=NAME]`; repeat for more (default one a region, emuREGION; a key is made where none is given)", func(text string) error {
		account, err := parseStorage(text)
		c.StorageAccounts = append(c.StorageAccounts, account)
		return err
	})
	flags.StringVar(&c.Subscription, "subscription", emulator.DefaultSubscription, "the subscription's `GUID`")
	flags.StringVar(&c.Tenant, "tenant", emulator.DefaultTenant, "the tenant's `GUID`")
	flags.StringVar(&c.BlobStore, "azurite", "", "the `URL` of Azurite's Blob service; without it every Blob endpoint answers 503")
	flags.StringVar(&c.StateDir, "state", "", "a `DIRECTORY` that keeps accounts, runs, keys and ports across a restart (default: nothing is kept)")
	flags.IntVar(&c.ResourceManagerPort, "resource-manager-port", 0, "Resource Manager's `PORT` (default a free one)")
	flags.IntVar(&c.AdminPort, "admin-port", 0, "the admin interface's `PORT` (default a free one)")
	flags.IntVar(&c.IdentityPort, "identity-port", 0, "the managed identity's `PORT` (default a free one)")
	flags.StringVar(&c.IdentityHeader, "identity-header", "", "the `SECRET` that IDENTITY_HEADER must have (default a new one)")
	flags.DurationVar(&c.JobDuration, "job-duration", 0, "how long a job takes, beside reading its inputs")
	flags.DurationVar(&c.CancelDelay, "cancel-delay", 0, "how long a workflow stays in cancellation requested")
	flags.BoolVar(&c.HoldJobs, "hold", false, "jobs run until they are released over the admin interface")
	flags.IntVar(&c.MaxJobs, "max-jobs", 0, "how many jobs a region runs at a time; 0 is any number")
	flags.IntVar(&c.MaxReadLength, "max-read-length", 0, "the longest read that is accepted, in bases; longer ones fail with code 701 (default 500)")
	flags.IntVar(&c.OperationPolls, "operation-polls", 1, "how often Resource Manager says InProgress before an operation is done")
	flags.DurationVar(&c.RetryAfter, "retry-after", 20*time.Millisecond, "how long Resource Manager asks to wait between two polls")
	flags.DurationVar(&c.TokenLifetime, "token-lifetime", 0, "how long a managed identity's token is valid (default 24h0m0s)")
	flags.BoolVar(&verbose, "verbose", false, "log every change of a workflow and a region on standard error")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	}
	if verbose {
		c.Logger = slog.New(slog.NewTextHandler(diagnostics, nil))
	}
	return c, nil
}

func parseRegion(text string) (emulator.Region, error) {
	parts := strings.Split(text, ",")
	region := emulator.Region{Name: parts[0]}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		port, err := strconv.Atoi(value)
		if err != nil || port < 0 || port > 65535 {
			return region, fmt.Errorf("%q is not a port", value)
		}
		switch name {
		case "service":
			region.ServicePort = port
		case "blob":
			region.BlobPort = port
		default:
			return region, fmt.Errorf("%q is neither service nor blob", name)
		}
	}
	return region, nil
}

func parseStorage(text string) (emulator.StorageAccount, error) {
	parts := strings.Split(text, ",")
	name, region, found := strings.Cut(parts[0], "=")
	account := emulator.StorageAccount{Name: name, Region: region}
	if !found {
		return account, fmt.Errorf("NAME=REGION is wanted")
	}
	for _, part := range parts[1:] {
		field, value, _ := strings.Cut(part, "=")
		switch field {
		case "key":
			account.Key = value
		case "group":
			account.ResourceGroup = value
		default:
			account.Key = part // a key may stand alone: it has no comma, and key= before it changes nothing
		}
	}
	return account, nil
}
