package azure

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q is %s, want %s", value, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	text := "cannot read https://x.blob.core.windows.net/in/a.bam?sv=2021&sig=SECRETSIG%3D with KEY and TOKEN"
	got := Clean(text, "KEY", "", "TOKEN")
	if strings.Contains(got, "SECRETSIG") || strings.Contains(got, "KEY") || strings.Contains(got, "TOKEN") || !strings.Contains(got, "cannot read") {
		t.Error(got)
	}
	if got := Clean(strings.Repeat("é", 2000)); len([]rune(got)) != MaxMessage+1 {
		t.Errorf("a long text keeps %d characters", len([]rune(got)))
	}
}
