package blobstore

// CompareNames is the order of names in listings: by UTF-16 code units. For all but characters beyond the basic plane it
// is the order of bytes; those sort before U+E000 to U+FFFF, because their surrogates do.
func CompareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		// Only the first byte of a character is 0xEE or more: 0xEE and 0xEF begin U+E000 to U+FFFF, 0xF0 and up what
		// lies beyond.
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			x, y = y, x
		}
		if x < y {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}
