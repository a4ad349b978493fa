package azure

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestBacklog(t *testing.T) {
	metric := func(name, series string) string {
		return fmt.Sprintf(`{"name":{"value":%q},"timeseries":[%s]}`, name, series)
	}
	const (
		older = `{"timeStamp":"2026-01-01T11:50:00Z","maximum":9}`
		last  = `{"timeStamp":"2026-01-01T11:55:00Z","maximum":%d}`
		blank = `{"timeStamp":"2026-01-01T12:00:00Z"}`
	)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	series := func(n int) string { return `{"data":[` + older + `,` + fmt.Sprintf(last, n) + `,` + blank + `]}` }
	for name, tt := range map[string]struct {
		status            int
		body              string
		operations, bytes int64 // -1 is not known
		at                time.Time
		fails             bool
	}{
		"buckets are added up":  {200, `{"value":[` + metric(metricOperations, series(3)+","+series(4)) + `,` + metric(metricBytes, series(1000)) + `]}`, 7, 1000, now.Add(-5 * time.Minute), false},
		"a bucket fell silent":  {200, `{"value":[` + metric(metricOperations, `{"data":[`+older+`]},`+series(4)) + `]}`, 4, -1, now.Add(-5 * time.Minute), false},
		"nothing is measured":   {200, `{"value":[` + metric(metricOperations, `{"data":[`+blank+`]}`) + `,` + metric(metricBytes, ``) + `]}`, -1, -1, time.Time{}, false},
		"another one's metrics": {200, `{"value":[` + metric("UsedCapacity", series(1)) + `,null,{}]}`, -1, -1, time.Time{}, false},
		"is not offered":        {400, `{"error":{"code":"BadRequest","message":"no such metric"}}`, -1, -1, time.Time{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(tt.status, tt.body))
			client, err := NewMonitorClient("sub", &fakeCredential{}, pipelinesFor(t, s.URL))
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.Backlog(t.Context(), storageLab, "p1", now)
			value := func(of *int64) int64 {
				if of == nil {
					return -1
				}
				return *of
			}
			if (err != nil) != tt.fails || value(got.Operations) != tt.operations || value(got.Bytes) != tt.bytes || !got.At.Equal(tt.at) {
				t.Errorf("%d operations and %d bytes at %s, %v", value(got.Operations), value(got.Bytes), got.At, err)
			}
			asked := s.saw()[0]
			query, _ := url.ParseQuery(asked.query)
			if asked.method != http.MethodGet || asked.path != storageLab.String()+"/objectReplicationPolicies/p1/providers/Microsoft.Insights/metrics" ||
				query.Get("timespan") != "2026-01-01T11:00:00Z/2026-01-01T12:00:00Z" || query.Get("$filter") != "TimeBucket eq '*'" {
				t.Errorf("asked %s %s", asked.path, asked.query)
			}
		})
	}
}
