package failover

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// DataLoss is how much a failover may lose: by age, or by size.
type DataLoss struct {
	// BySize tells which of the two it is.
	BySize bool
	Age    time.Duration
	// Bytes may be zero: then nothing may be lost.
	Bytes int64
	text  string
}

// String is the limit as it was written.
func (l DataLoss) String() string { return l.text }

// ParseDataLoss reads an age above zero such as 24h, or a size such as 50GiB (of
// 1024), 10GB (of 1000) or 0B. A size ends in B, for 10M and 10m are not what
// they look like.
func ParseDataLoss(text string) (DataLoss, error) {
	wrong := fmt.Errorf("%q is neither an age above zero, such as 24h, nor a size, such as 50GiB or 10GB", text)
	if age, err := time.ParseDuration(text); err == nil {
		if age <= 0 {
			return DataLoss{}, wrong
		}
		return DataLoss{Age: age, text: text}, nil
	}
	if !strings.HasSuffix(strings.ToUpper(text), "B") {
		return DataLoss{}, wrong
	}
	bytes, err := humanize.ParseBytes(text)
	if err != nil || bytes > math.MaxInt64 {
		return DataLoss{}, wrong
	}
	return DataLoss{BySize: true, Bytes: int64(bytes), text: text}, nil
}
