package provider

import "testing"

func TestQuietOnlyWhenNobodyAsks(t *testing.T) {
	for name, test := range map[string]struct {
		env   map[string]string
		quiet bool
	}{
		"nothing is set":          {nil, true},
		"it is off":               {map[string]string{"TF_LOG": "off"}, true},
		"everything is logged":    {map[string]string{"TF_LOG": "TRACE"}, false},
		"JSON":                    {map[string]string{"TF_LOG": "JSON"}, false},
		"providers are logged":    {map[string]string{"TF_LOG_PROVIDER": "WARN"}, false},
		"this provider is":        {map[string]string{"TF_LOG": "off", "TF_LOG_PROVIDER_GENOMICS": "INFO"}, false},
		"the framework is":        {map[string]string{"TF_LOG_SDK_FRAMEWORK": "DEBUG"}, false},
		"the CLI alone is logged": {map[string]string{"TF_LOG_CORE": "TRACE"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			set := map[string]string{}
			quiet(func(name string) string { return test.env[name] }, func(name, value string) error {
				set[name] = value
				return nil
			})
			if test.quiet != (set["TF_LOG_SDK"] == "OFF" && set["TF_LOG_SDK_FRAMEWORK"] == "OFF" && set["TF_LOG_SDK_PROTO"] == "OFF" && set["TF_LOG_PROVIDER_GENOMICS"] == "OFF") {
				t.Errorf("set %v", set)
			}
			if !test.quiet && len(set) > 0 {
				t.Errorf("set %v although a log is wanted", set)
			}
			if _, ok := set["TF_LOG"]; ok {
				t.Error("what the CLI's own log depends on was set")
			}
		})
	}
}
