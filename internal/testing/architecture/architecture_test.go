// Package architecture holds the house's rules that no compiler holds: which
// way its arrows run, and what may lie where.
package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/genomics-continuity/terraform-provider-genomics"

// listed is a package as the go command describes it. Test files do not count.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string // everything it imports, directly or not
}

func list(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v\n%s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[strings.TrimPrefix(p.ImportPath, module+"/")] = p
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// under reports whether a package is one of the folders, or lies below one.
func under(name string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return name == folder || strings.HasPrefix(name, folder+"/")
	})
}

// floors are the storeys of the house from top to bottom. A room imports from
// lower storeys only; rooms of one storey do not know each other.
var floors = [][]string{
	{"internal/provider"},
	{"internal/services"},
	{"internal/session", "internal/diagnostics"},
	{"internal/failover", "internal/replication", "internal/readiness"},
	{"internal/engine"},
	{"internal/msgenomics", "internal/blobstore"},
	{"internal/azure"},
	{"internal/region"},
}

func floor(name string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return under(name, rooms...) })
}

func room(name string) string {
	for _, rooms := range floors {
		for _, folder := range rooms {
			if under(name, folder) {
				return folder
			}
		}
	}
	return ""
}

func TestArrowsRunDown(t *testing.T) {
	for name, p := range list(t) {
		from := floor(name)
		if from < 0 {
			continue
		}
		for _, dep := range p.Imports {
			dep, own := strings.CutPrefix(dep, module+"/")
			if !own {
				continue
			}
			to := floor(dep)
			switch {
			case to < 0:
				t.Errorf("%s imports %s, which is no room of the provider", name, dep)
			case to < from, to == from && room(name) != room(dep):
				t.Errorf("%s imports %s: arrows run down only", name, dep)
			}
		}
	}
}

func TestTerraformIsKnownUpstairsOnly(t *testing.T) {
	for name, p := range list(t) {
		if name == module || under(name, "internal/provider", "internal/services", "internal/diagnostics", "internal/testing") {
			continue
		}
		for _, dep := range p.Deps {
			switch {
			case strings.HasPrefix(dep, "github.com/hashicorp/terraform-plugin-log/"):
				if under(name, "internal/failover", "internal/readiness", "internal/region", "internal/emulator") {
					t.Errorf("%s logs by way of %s, and has nothing to log", name, dep)
				}
			case strings.HasPrefix(dep, "github.com/hashicorp/terraform-"):
				t.Errorf("%s depends on %s: only provider and services know Terraform", name, dep)
			}
		}
	}
}

func TestEmulatorAndClientsShareNoCode(t *testing.T) {
	for name, p := range list(t) {
		inside := under(name, "internal/emulator")
		for _, dep := range p.Deps {
			dep, own := strings.CutPrefix(dep, module+"/")
			switch {
			case !own, under(name, "internal/testing"):
			case inside && !under(dep, "internal/emulator"):
				t.Errorf("%s depends on %s: two readings of one protocol share no code", name, dep)
			case !inside && under(dep, "internal/emulator"):
				t.Errorf("%s depends on %s: the emulator is never linked into the provider", name, dep)
			}
		}
	}
}

func TestNothingShippedIsTestCode(t *testing.T) {
	for name, p := range list(t) {
		if under(name, "internal/testing") {
			continue
		}
		if slices.Contains(p.Imports, "testing") {
			t.Errorf("%s imports testing", name)
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, module+"/internal/testing") {
				t.Errorf("%s depends on %s", name, dep)
			}
		}
	}
}

// Decisions are made from what they are given: no network, no files, no
// processes. Time is an argument, which no list of imports can show.
func TestDecisionsDoNoInputOrOutput(t *testing.T) {
	pure := []string{"internal/failover", "internal/readiness"}
	outside := []string{"net", "net/http", "os", "os/exec", "io/fs", "io/ioutil", "syscall", "database/sql"}
	for name, p := range list(t) {
		if !under(name, pure...) {
			continue
		}
		for _, dep := range p.Imports {
			if slices.Contains(outside, dep) || strings.HasPrefix(dep, "github.com/Azure/") ||
				strings.HasPrefix(dep, module+"/internal/") && !strings.HasPrefix(dep, module+"/internal/region") && !under(strings.TrimPrefix(dep, module+"/"), pure...) {
				t.Errorf("%s imports %s: it decides and does nothing", name, dep)
			}
		}
	}
}

// What decides, judges and pairs serves every engine and names none, be it in a
// comment: what is one engine's own is said by that engine.
func TestDecisionsNameNoEngine(t *testing.T) {
	engines := regexp.MustCompile(`\b(tes|wes|TES|WES|GA4GH|Microsoft Genomics|msgenomics|Cromwell|Funnel|Toil)\b`)
	rooms := []string{"internal/failover/", "internal/readiness/", "internal/services/regionpair/"}
	for _, name := range tracked(t) {
		judges := slices.ContainsFunc(rooms, func(room string) bool { return strings.HasPrefix(name, room) })
		if !judges || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for i, line := range bytes.Split(read(t, name), []byte("\n")) {
			if found := engines.Find(line); found != nil {
				t.Errorf("%s:%d names the engine %q", name, i+1, found)
			}
		}
	}
}

// tracked lists the files that are in the repository.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		// A file that is deleted, and not yet committed as such, is not there to be read.
		if _, err := os.Lstat(filepath.Join(root(t), name)); err == nil {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		t.Fatal("git lists no files")
	}
	return files
}

func TestTopLevelIsLean(t *testing.T) {
	allowed := []string{
		".ci", ".editorconfig", ".gitattributes", ".github", ".gitignore", ".golangci.yml", ".goreleaser.yml",
		"CHANGELOG.md", "CONTRIBUTING.md", "GNUmakefile", "LICENSE", "README.md", "SECURITY.md",
		"docs", "examples", "go.mod", "go.sum", "internal", "main.go", "templates", "terraform-registry-manifest.json",
	}
	for _, name := range tracked(t) {
		top, _, _ := strings.Cut(name, "/")
		if !slices.Contains(allowed, top) {
			t.Errorf("%s does not belong at the top", name)
		}
	}
}

func TestFilesHaveOneJob(t *testing.T) {
	const limit = 500
	for _, name := range tracked(t) {
		if path.Ext(name) != ".go" {
			continue
		}
		if lines := bytes.Count(read(t, name), []byte("\n")); lines > limit {
			t.Errorf("%s has %d lines: past %d a file has two jobs", name, lines, limit)
		}
	}
}

// A checkout works anywhere, so nothing names the machine it was made on, nor
// where packages come from: that is for the machine's own configuration.
func TestNothingNamesAPlace(t *testing.T) {
	places := regexp.MustCompile(strings.Join([]string{
		`(^|["'\x60=:\s(])/(work|home/[a-z]+|Users|root)/`,
		`proxy\.golang` + `\.org`, `sum\.golang` + `\.org`, `registry\.npm` + `js`, `npm` + `js\.(org|com)`,
		`pypi` + `\.org`, `files\.python` + `hosted`, `deb\.deb` + `ian`, `archive\.ubu` + `ntu`,
	}, "|"))
	for _, name := range tracked(t) {
		for i, line := range bytes.Split(read(t, name), []byte("\n")) {
			if found := places.Find(line); found != nil {
				t.Errorf("%s:%d names %q", name, i+1, bytes.TrimSpace(found))
			}
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
