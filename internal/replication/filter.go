package replication

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// Reserved is the prefix of blobs that replication keeps for itself in a container. They are never replicated.
const Reserved = ".genomics-continuity/"

// Filter tells which blobs of a container belong to a store.
type Filter struct {
	prefix           string
	include, exclude []string
}

// NewFilter checks the globs; the error names the first that doesn't compile and the list that it is in.
func NewFilter(prefix string, include, exclude []string) (*Filter, error) {
	for list, globs := range map[string][]string{"include": include, "exclude": exclude} {
		for _, glob := range globs {
			if glob == "" || !doublestar.ValidatePattern(glob) {
				return nil, fmt.Errorf("%s: %q is not a valid glob", list, glob)
			}
		}
	}
	return &Filter{prefix: prefix, include: include, exclude: exclude}, nil
}

// Match tells whether a blob of this name belongs to the store.
func (f *Filter) Match(name string) bool {
	if strings.HasPrefix(name, Reserved) || !strings.HasPrefix(name, f.prefix) {
		return false
	}
	return (len(f.include) == 0 || anyMatch(f.include, name)) && !anyMatch(f.exclude, name)
}

// matchBlob is Match for a listed blob. Directories, which accounts with a hierarchical namespace list among the blobs,
// aren't content.
func (f *Filter) matchBlob(b blobstore.Blob) bool {
	return f.Match(b.Name) && !isDirectory(b)
}

// isDirectory recognises the marker that the service puts on the directories of a hierarchical namespace.
func isDirectory(b blobstore.Blob) bool {
	for k, v := range b.Metadata {
		if b.Size == 0 && strings.EqualFold(k, "hdi_isfolder") && strings.EqualFold(v, "true") {
			return true
		}
	}
	return false
}

func anyMatch(globs []string, name string) bool {
	for _, glob := range globs {
		if doublestar.MatchUnvalidated(glob, name) {
			return true
		}
	}
	return false
}
