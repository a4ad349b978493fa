package reads

import "bytes"

// pairing compares the read IDs of two files.
type pairing struct {
	first, second string
	pairs         int64
	suffixed      bool
}

func (p *pairing) compare(a, b []byte) error {
	p.pairs++
	nameA, suffixA := cutSuffix(a)
	nameB, suffixB := cutSuffix(b)
	if p.pairs == 1 {
		p.suffixed = suffixA != 0 || suffixB != 0
		switch {
		case p.suffixed && suffixA != '1':
			return bad(CodeFirstNoOne, "%s: the first read, %q, lacks /1 while the other file's is %q", p.first, a, b)
		case p.suffixed && suffixB != '2':
			return bad(CodeFirstNoTwo, "%s: the first read, %q, lacks /2 while the other file's is %q", p.second, b, a)
		}
	}
	if p.suffixed {
		switch {
		case suffixA != '1' && suffixB != '2':
			return bad(CodeIDNoneNoTwo, "pair %d, %q and %q, lacks /1 and /2", p.pairs, a, b)
		case suffixA != '1':
			return bad(CodeIDNoOne, "%s: read %d, %q, lacks /1", p.first, p.pairs, a)
		case suffixB != '2':
			return bad(CodeIDNoneNoTwo, "%s: read %d, %q, lacks /2", p.second, p.pairs, b)
		}
		a, b = nameA, nameB
	}
	if !bytes.Equal(a, b) {
		return bad(CodePairDiffers, "%s and %s differ: read %d is %q in one and %q in the other", p.first, p.second, p.pairs, a, b)
	}
	return nil
}

// cutSuffix splits "r1/2" into "r1" and '2'; without a suffix it returns 0.
func cutSuffix(id []byte) ([]byte, byte) {
	n := len(id)
	if n > 2 && id[n-2] == '/' && (id[n-1] == '1' || id[n-1] == '2') {
		return id[:n-2], id[n-1]
	}
	return id, 0
}
