package azure

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
)

// masked stands where a secret was.
const masked = "***"

// minimumSecret is the length below which a registered secret is not looked for: masking every "a" would help nobody.
const minimumSecret = 4

// The parts of a query, also after JSON, HTML or URL encoding.
const (
	ampersand = `(?:&|&amp;|\\u0026|%(?:25)*26)`
	escaped   = `(?:\\u00[0-9a-f]{2}|%[0-9a-f]{2})`
	equals    = `(?:=|%(?:25)*3D|\\u003d)`
	value     = `[^&\s"'<>,;\\]`
	parameter = `[a-z0-9_$-]+` + equals + value + `*`
)

var (
	// A query that holds a shared access signature is masked as a whole, from its first parameter to its last. The signature may
	// also follow an encoded character, whose end is no word boundary.
	sasQuery = regexp.MustCompile(`(?i)(?:(?:` + parameter + ampersand + `)+|` + escaped + `|\b)sig(?:nature)?` + equals + value + `+(?:` + ampersand + parameter + `)*`)

	// patterns find secrets by what stands around them. The first group is kept, the rest is masked.
	patterns = []*regexp.Regexp{
		regexp.MustCompile(`(?i)(\b(?:Bearer|SharedKey(?:Lite)?|Basic)[\s:=]+)[A-Za-z0-9._~+/:=%-]{8,}`),
		regexp.MustCompile(`(?i)(\b(?:Ocp-Apim-Subscription-Key|X-Identity-Header|Secret)["']?\s*[:=]\s*\[?["']?)[^\s"',;\]]+`),
		regexp.MustCompile(`(?i)(\\?"(?:key1|key2|primaryKey|secondaryKey|subscriptionKey|accountKey|access_token|refresh_token|id_token|` +
			`client_secret|client_assertion|clientSecret|password|connectionString|sas|container_sas)\\?"\s*:\s*\\?")(?:[^"\\]|\\[^"])+`),
		regexp.MustCompile(`(?i)(\b(?:client_secret|client_assertion|AccountKey|access_token|refresh_token|SharedAccessSignature|password)=)[^&;\s"'<>\\]+`),
		regexp.MustCompile(`(?i)(MAC signature found in the HTTP request ')[^']+`),
	}

	// shapes find secrets by what they look like: a token with three parts, and a storage account's key of 64 bytes.
	shapes = []*regexp.Regexp{
		regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`),
		regexp.MustCompile(`(?i)(?:[A-Za-z0-9+/]|%2B|%2F){86}(?:==|%3D%3D)`),
	}
)

// Mask takes out of a text whatever it can recognise as a secret without knowing it: queries with a shared access signature,
// account keys, tokens, authorization headers. [Pipelines.Mask] also takes out the secrets that were registered.
func Mask(text string) string {
	if text == "" {
		return text
	}
	if strings.Contains(strings.ToLower(text), "sig") { // the pattern is slow, and most texts hold no signature
		text = sasQuery.ReplaceAllString(text, "sig="+masked)
	}
	for _, pattern := range patterns {
		text = pattern.ReplaceAllString(text, "${1}"+masked)
	}
	for _, shape := range shapes {
		text = shape.ReplaceAllString(text, masked)
	}
	return text
}

// vault holds the secrets of one run, to be found in any text whatever stands around them. Reading takes no lock.
type vault struct {
	known atomic.Pointer[[]string]
}

// add registers secrets, each with the forms that it takes in a URL.
func (v *vault) add(secrets ...string) {
	var forms []string
	for _, secret := range secrets {
		if len(secret) >= minimumSecret {
			forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	if len(forms) == 0 {
		return
	}
	for {
		old := v.known.Load()
		next := slices.Clone(forms)
		if old != nil {
			next = append(next, *old...)
		}
		slices.SortFunc(next, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a) // a secret that contains another goes first
			}
			return strings.Compare(a, b)
		})
		next = slices.Compact(next)
		if v.known.CompareAndSwap(old, &next) {
			return
		}
	}
}

func (v *vault) mask(text string) string {
	if known := v.known.Load(); known != nil {
		for _, secret := range *known {
			text = strings.ReplaceAll(text, secret, masked)
		}
	}
	return Mask(text)
}
