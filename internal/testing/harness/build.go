package harness

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Root returns the folder of the checkout that the current folder is in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in this folder or above it: run from within the checkout")
		}
		dir = parent
	}
}

// Build compiles one of the checkout's programs, "." for the provider, into
// .cache/bin below the given folder and returns its path. It costs next to
// nothing when the binary is up to date.
func Build(ctx context.Context, pkg, folder, name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "bin", folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Packages of tests run at the same time and want the same binaries.
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close() // also unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", dir, err)
	}
	path := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, pkg)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// BuildProvider builds the provider into a folder that a command-line
// interface can be pointed at, and returns that folder.
func BuildProvider(ctx context.Context) (string, error) {
	path, err := Build(ctx, ".", "provider", providerBinary)
	return filepath.Dir(path), err
}

const providerBinary = "terraform-provider-genomics"
