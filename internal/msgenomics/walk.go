package msgenomics

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// Walk shows the account's workflows, newest first, until show says that it has
// seen enough. Pages that somebody has read already are not asked for again.
func (l *Listing) Walk(ctx context.Context, show func(Workflow) (more bool)) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	for i := 0; ; {
		for ; i < len(l.order); i++ {
			if !show(l.found[l.order[i]]) {
				return nil
			}
		}
		if l.pager.complete {
			return nil
		}
		if err := l.read(ctx); err != nil {
			return err
		}
	}
}

// hosted is the domain of the service that Microsoft ran.
const hosted = ".microsoftgenomics.net"

// EndOfLife is when the service at a base URL ends or ended; zero when nothing is
// known of it. Microsoft retired the hosted service on 6 January 2025.
func EndOfLife(endpoint string) time.Time {
	u, err := url.Parse(endpoint)
	if err != nil || !strings.HasSuffix(strings.ToLower(u.Hostname()), hosted) {
		return time.Time{}
	}
	return time.Date(2025, time.January, 6, 0, 0, 0, 0, time.UTC)
}
