package harness

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// azuritePatience is how long Azurite may take to start: it needs 1-2 s on a
// quiet machine and has been seen to need 14 s on a busy one.
const azuritePatience = 90 * time.Second

// StorageKey is a storage account and its key, as Azurite is told of them.
type StorageKey struct {
	Account string
	Key     string // base64
}

// NewStorageKey makes up an account's key from its name, so that a program
// started twice finds the same one. It opens nothing but this machine's Azurite.
func NewStorageKey(account string) StorageKey {
	secret := strings.Repeat("azurite key of "+account+" ", 4)
	return StorageKey{Account: account, Key: base64.StdEncoding.EncodeToString([]byte(secret[:64]))}
}

// Azurite is a running Blob service that keeps everything in memory.
type Azurite struct {
	URL      string // "http://127.0.0.1:PORT"
	Accounts []StorageKey
	process  *process
}

// StartAzurite starts Azurite on a free port of the loopback interface. log,
// which may be nil, receives what it prints.
func StartAzurite(ctx context.Context, accounts []StorageKey, log io.Writer) (*Azurite, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(root, ".cache", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("azurite is not installed (make installs it): %w", err)
	}
	// Close stops it, not the end of the context it was started with.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "node", program,
		"--blobHost", "127.0.0.1",
		"--blobPort", "0",
		"--inMemoryPersistence",
		"--skipApiVersionCheck",        // it refuses the API version of a current SDK otherwise
		"--blobKeepAliveTimeout", "60", // by default it resets connections that are used again after 5 s
		"--disableTelemetry",
		"--silent")
	cmd.Dir = os.TempDir()
	cmd.Env = append(cleanEnv(), "AZURITE_ACCOUNTS="+azuriteAccounts(accounts))

	a := &Azurite{Accounts: accounts}
	ctx, cancel := context.WithTimeout(ctx, azuritePatience)
	defer cancel()
	a.process, err = startProcess(ctx, "azurite", cmd, log, func(line string) bool {
		_, url, found := strings.Cut(line, "Azurite Blob service successfully listens on ")
		if found {
			a.URL = url
		}
		return found
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

func azuriteAccounts(accounts []StorageKey) string {
	list := make([]string, 0, len(accounts))
	for _, a := range accounts {
		list = append(list, a.Account+":"+a.Key)
	}
	return strings.Join(list, ";")
}

// Env returns the variables by which tests of the Blob clients find this Azurite.
func (a *Azurite) Env() []string {
	return []string{
		"GENOMICS_TEST_AZURITE=" + a.URL,
		"GENOMICS_TEST_AZURITE_ACCOUNTS=" + azuriteAccounts(a.Accounts),
	}
}

// Close stops Azurite, and with it everything that was stored is gone.
func (a *Azurite) Close() { a.process.stop() }

// Service opens an account of this Azurite, past every door and fault.
func (a *Azurite) Service(account string) (*service.Client, error) {
	for _, known := range a.Accounts {
		if known.Account != account {
			continue
		}
		credential, err := service.NewSharedKeyCredential(known.Account, known.Key)
		if err != nil {
			return nil, err
		}
		return service.NewClientWithSharedKeyCredential(a.URL+"/"+account+"/", credential, nil)
	}
	return nil, fmt.Errorf("azurite has no account %q", account)
}

// Container opens a container of this Azurite, past every door and fault.
func (a *Azurite) Container(account, name string) (*Container, error) {
	client, err := a.Service(account)
	if err != nil {
		return nil, err
	}
	return &Container{Client: client.NewContainerClient(name)}, nil
}

// Container is one container as a test looks at it from behind the provider.
type Container struct{ Client *container.Client }
