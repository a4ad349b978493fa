package azure

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/monitor/armmonitor"
)

// MonitorGate is the name of the gate that calls to Azure Monitor pass. It is not Resource Manager's, behind which it answers: that
// figures cannot be had must not keep a run from anything else.
const MonitorGate = "azure-monitor"

// The metrics of an object replication policy, a preview. Each is split by how long what is pending has been waiting, and the parts
// have to be added up. How many there are and how fresh they are is Azure's to say; they are looked for as far back as metricsSpan.
const (
	metricNamespace  = "Microsoft.Storage/storageAccounts/objectReplicationPolicies"
	metricOperations = "PendingOperationsForReplication"
	metricBytes      = "PendingBytesForReplication"
	metricBuckets    = "TimeBucket eq '*'"
	metricsSpan      = time.Hour
	metricsInterval  = "PT5M"
)

// Backlog is what Azure says that it has still to replicate by a policy.
type Backlog struct {
	// Operations and Bytes are of all the policy's rules together; nil where Azure does not tell.
	Operations, Bytes *int64
	// At is when the newer of them was measured; zero if neither was.
	At time.Time
}

// MonitorClient reads metrics.
//
// Errors are *azcore.ResponseError when Azure Monitor answered, *region.UnreachableError when it did not.
type MonitorClient struct{ client *armmonitor.MetricsClient }

// NewMonitorClient makes a client.
func NewMonitorClient(subscriptionID string, credential azcore.TokenCredential, p *Pipelines) (*MonitorClient, error) {
	options := &arm.ClientOptions{ClientOptions: p.ClientOptions(p.gates.For(MonitorGate)), DisableRPRegistration: true}
	client, err := armmonitor.NewMetricsClient(subscriptionID, credential, options)
	if err != nil {
		return nil, err
	}
	return &MonitorClient{client: client}, nil
}

// Backlog reads what a policy that an account holds has still to replicate, by the last metrics before now.
func (c *MonitorClient) Backlog(ctx context.Context, id StorageAccountID, policy string, now time.Time) (Backlog, error) {
	ask := func(s string) *string { return &s }
	resp, err := c.client.List(ctx, id.String()+"/objectReplicationPolicies/"+policy, &armmonitor.MetricsClientListOptions{
		Metricnamespace: ask(metricNamespace), Metricnames: ask(metricOperations + "," + metricBytes), Aggregation: ask("Maximum"),
		Timespan: ask(now.Add(-metricsSpan).UTC().Format(time.RFC3339) + "/" + now.UTC().Format(time.RFC3339)), Interval: ask(metricsInterval), Filter: ask(metricBuckets),
	})
	if err != nil {
		return Backlog{}, err
	}
	var b Backlog
	for _, metric := range resp.Value {
		if metric == nil || metric.Name == nil {
			continue
		}
		sum, at := latest(metric.Timeseries)
		if at.IsZero() {
			continue
		}
		switch deref(metric.Name.Value) {
		case metricOperations:
			b.Operations = &sum
		case metricBytes:
			b.Bytes = &sum
		default:
			continue
		}
		if at.After(b.At) {
			b.At = at
		}
	}
	return b, nil
}

// latest adds up the series at the last time of which any of them knows.
func latest(series []*armmonitor.TimeSeriesElement) (sum int64, at time.Time) {
	for _, s := range series {
		if s == nil {
			continue
		}
		for _, point := range s.Data {
			if point == nil || point.Maximum == nil || point.TimeStamp == nil {
				continue
			}
			switch {
			case point.TimeStamp.After(at):
				sum, at = int64(*point.Maximum), *point.TimeStamp
			case point.TimeStamp.Equal(at):
				sum += int64(*point.Maximum)
			}
		}
	}
	return sum, at
}
