package arm

import (
	"net/http"
	"strings"
	"time"
)

// Backlog is what a policy's metrics say of it. They are a preview, whose form follows the list of supported metrics.
type Backlog struct {
	Operations int64 `json:"operations"`
	Bytes      int64 `json:"bytes"`
}

// metrics answers Azure Monitor's questions about an object replication policy.
func (s *Server) metrics(q *request) *failure {
	if q.r.Method != http.MethodGet {
		return notAllowed(q)
	}
	a, f := s.findStorage(q)
	if f != nil {
		return f
	}
	policy, ok := s.Store.policy(strings.ToLower(a.Name), q.path[9])
	if !ok || policy.SourceName() != strings.ToLower(a.Name) {
		return resourceNotFound("Microsoft.Storage/storageAccounts/objectReplicationPolicies", a.Name+"/"+q.path[9], a.ResourceGroup)
	}
	asked := q.r.URL.Query()
	from, to, ok := strings.Cut(asked.Get("timespan"), "/")
	begin, errBegin := time.Parse(time.RFC3339, from)
	end, errEnd := time.Parse(time.RFC3339, to)
	if !ok || errBegin != nil || errEnd != nil || !begin.Before(end) {
		return fail(http.StatusBadRequest, "BadRequest", "The timespan '%s' is not valid.", asked.Get("timespan"))
	}
	var backlog *Backlog
	if s.Backlog != nil {
		backlog = s.Backlog()
	}
	values := []any{}
	for name := range strings.SplitSeq(asked.Get("metricnames"), ",") {
		var amount int64
		switch {
		case name != "PendingOperationsForReplication" && name != "PendingBytesForReplication":
			return fail(http.StatusBadRequest, "BadRequest", "Failed to find metric configuration for metric: %s.", name)
		case backlog == nil:
		case name == "PendingOperationsForReplication":
			amount = backlog.Operations
		default:
			amount = backlog.Bytes
		}
		values = append(values, map[string]any{
			"name": map[string]string{"value": name}, "type": "Microsoft.Insights/metrics", "unit": "Count", "timeseries": timeseries(backlog != nil, amount, end),
		})
	}
	reply(q.w, http.StatusOK, map[string]any{"timespan": asked.Get("timespan"), "interval": asked.Get("interval"), "value": values})
	return nil
}

// timeseries splits an amount by how long it has been waiting, as the dimension TimeBucket does.
func timeseries(measured bool, amount int64, end time.Time) []any {
	series := []any{}
	if !measured {
		return series
	}
	old := amount / 3
	at := end.UTC().Truncate(time.Minute)
	for _, bucket := range []struct {
		name   string
		amount int64
	}{{"0-5 mins", amount - old}, {">24 hrs", old}} {
		series = append(series, map[string]any{
			"metadatavalues": []any{map[string]any{"name": map[string]string{"value": "timebucket"}, "value": bucket.name}},
			"data": []any{
				map[string]any{"timeStamp": at.Add(-2 * time.Minute).Format(time.RFC3339), "maximum": amount + 1},
				map[string]any{"timeStamp": at.Add(-time.Minute).Format(time.RFC3339), "maximum": bucket.amount},
				map[string]any{"timeStamp": at.Format(time.RFC3339)}, // not measured yet
			},
		})
	}
	return series
}
