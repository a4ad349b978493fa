package replication

import (
	"fmt"
	"slices"
)

// prepare fills in the defaults and checks the rest.
func (o Options) prepare() (Options, *Filter, error) {
	if o.Transfer == "" {
		o.Transfer = TransferAuto
	}
	if o.Verify == "" {
		o.Verify = VerifyMD5
	}
	if o.OnConflict == "" {
		o.OnConflict = ConflictFail
	}
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Concurrency < 0 {
		return o, nil, fmt.Errorf("concurrency must be positive, not %d", o.Concurrency)
	}
	for _, check := range []struct {
		name, value string
		allowed     []string
	}{
		{"transfer", o.Transfer, []string{TransferAuto, TransferServerSide, TransferStream}},
		{"verify", o.Verify, []string{VerifyMD5, VerifySize}},
		{"on_conflict", o.OnConflict, []string{ConflictFail, ConflictOverwrite}},
	} {
		if !slices.Contains(check.allowed, check.value) {
			return o, nil, fmt.Errorf("%s must be one of %q, not %q", check.name, check.allowed, check.value)
		}
	}
	f, err := NewFilter(o.Prefix, o.Include, o.Exclude)
	return o, f, err
}

// rules for decisions about blobs of this source.
func (o Options) rules(src Side) rules {
	return rules{bySize: o.Verify == VerifySize, source: src.Store.URL()}
}
