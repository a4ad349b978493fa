package store

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// machine says in one line what all this was measured on.
func machine(ctx context.Context) (string, error) {
	root, err := harness.Root()
	if err != nil {
		return "", err
	}
	azurite, err := packageVersion(filepath.Join(root, ".cache", "azurite", "node_modules", "azurite", "package.json"))
	if err != nil {
		return "", err
	}
	node, err := firstLine(ctx, "node", "--version")
	if err != nil {
		return "", err
	}
	path, err := rclonePath()
	if err != nil {
		return "", err
	}
	built, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Measured on %s, %d cores, %s/%s, %s; Azurite %s in memory on Node.js %s; rclone %s.",
		processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), azurite, node, built.Main.Version), nil
}

// processor is the name of the processor, where the system tells it.
func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unnamed processor"
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unnamed processor"
}

func packageVersion(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var p struct{ Version string }
	err = json.Unmarshal(content, &p)
	return p.Version, err
}

func firstLine(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line), err
}
