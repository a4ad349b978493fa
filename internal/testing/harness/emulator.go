package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// emulatorPatience is how long the emulator may take to start. It needs
// milliseconds; a machine under load needs more.
const emulatorPatience = 30 * time.Second

// Ready is what the emulator says of itself when everything answers.
type Ready struct {
	ResourceManager string                 `json:"resource_manager"`
	Admin           string                 `json:"admin"`
	Identity        string                 `json:"identity"`
	IdentityHeader  string                 `json:"identity_header"`
	SubscriptionID  string                 `json:"subscription_id"`
	TenantID        string                 `json:"tenant_id"`
	Regions         map[string]ReadyRegion `json:"regions"`
	StorageAccounts []StorageAccount       `json:"storage_accounts"`
}

// ReadyRegion is where one region's servers are.
type ReadyRegion struct {
	Service string `json:"service"`
	TES     string `json:"tes"` // base URL, with its prefix
	WES     string `json:"wes"` // base URL, with its prefix
	Blob    string `json:"blob"`
}

// StorageAccount is one storage account as the emulator knows it.
type StorageAccount struct {
	Name          string `json:"name"`
	ResourceGroup string `json:"resource_group"`
	Location      string `json:"location"`
	ID            string `json:"id"`
	Endpoint      string `json:"endpoint"` // behind the region's door
}

// Emulator is a running emulator.
type Emulator struct {
	Ready Ready
	Admin *Admin

	program string
	args    []string
	log     io.Writer
	process *process
}

// StartEmulator builds the emulator and starts it with these arguments. log,
// which may be nil, receives what it prints.
func StartEmulator(ctx context.Context, log io.Writer, args ...string) (*Emulator, error) {
	program, err := Build(ctx, "./internal/emulator/cmd/genomics-emulator", "emulator", "genomics-emulator")
	if err != nil {
		return nil, err
	}
	e := &Emulator{program: program, args: args, log: log}
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Emulator) start(ctx context.Context) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), e.program, e.args...) // Close stops it
	cmd.Env = cleanEnv()
	ctx, cancel := context.WithTimeout(ctx, emulatorPatience)
	defer cancel()
	var malformed error
	p, err := startProcess(ctx, "emulator", cmd, e.log, func(line string) bool {
		malformed = json.Unmarshal([]byte(line), &e.Ready)
		return true
	})
	if err != nil {
		return err
	}
	e.process = p
	if malformed != nil {
		e.Close()
		return fmt.Errorf("read the emulator's ready line: %w", malformed)
	}
	e.Admin = NewAdmin(e.Ready.Admin)
	return nil
}

// Crash kills the emulator and starts it again. What it had in memory is lost;
// with a state directory it comes back as it was, on the same ports.
func (e *Emulator) Crash(ctx context.Context) error {
	e.process.kill()
	return e.start(ctx)
}

// Close stops the emulator.
func (e *Emulator) Close() { e.process.stop() }
