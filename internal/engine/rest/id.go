package rest

import "strings"

// longestID is more than any server gives, in bytes.
const longestID = 512

// UsableID reports whether a run's ID can be put into a path.
func UsableID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= longestID && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f })
}
