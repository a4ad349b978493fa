package check

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func accepts(ctx context.Context, v validator.String, s string) bool {
	resp := validator.StringResponse{}
	v.ValidateString(ctx, validator.StringRequest{ConfigValue: types.StringValue(s)}, &resp)
	return !resp.Diagnostics.HasError()
}

// Names are held against Azure's rules in words of their own.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"inputs", "a-b", "a--b", "-ab", "ab-", "ab", "$root", strings.Repeat("a", 63), strings.Repeat("a", 64), "Inputs", "é12", "abc\n", "24h", "1h-1h", "1e9h", "**/*.fq", "[", "{a,b", `\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		good := len(s) >= 3 && len(s) <= 63 && !strings.Contains(s, "--") && !strings.HasPrefix(s, "-") && !strings.HasSuffix(s, "-")
		for _, r := range s {
			good = good && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
		}
		if got := accepts(t.Context(), ContainerName(), s); got != good {
			t.Errorf("container %q: %v", s, got)
		}
		if accepts(t.Context(), StoreName(), s) && (s == "" || len(s) > 64 || !utf8.ValidString(s) || strings.ContainsAny(s, "/\\. \n")) {
			t.Errorf("store %q", s)
		}
		if accepts(t.Context(), Duration(), s) {
			if d, err := time.ParseDuration(s); err != nil || d <= 0 {
				t.Errorf("duration %q", s)
			}
		}
		if accepts(t.Context(), Glob(), s) {
			if _, err := doublestar.Match(s, "dir/NA12878_1.fq.gz"); err != nil {
				t.Errorf("glob %q: %v", s, err)
			}
		}
	})
}
