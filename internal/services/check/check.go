// Package check holds the validators that several resources share. All of them
// work offline, while planning.
package check

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

type text struct {
	description string
	summary     string
	check       func(string) error
}

func (v text) Description(context.Context) string         { return v.description }
func (v text) MarkdownDescription(context.Context) string { return v.description }

func (v text) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, err.Error())
	}
}

// String makes a validator of a function.
func String(description, summary string, check func(string) error) validator.String {
	return text{description: description, summary: summary, check: check}
}

// Location accepts the name of an Azure region.
func Location() validator.String {
	return String("must be an Azure region", "Unknown region", KnownLocation)
}

// KnownLocation tells whether a name is that of an Azure region, and if not,
// which ones are near.
func KnownLocation(name string) error {
	if _, ok := region.Lookup(name); ok {
		return nil
	}
	hint := "Use a name such as westus2; `az account list-locations` lists them."
	if near := region.Suggest(name); len(near) > 0 {
		hint = "Did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("%q is not an Azure region. %s", name, hint)
}

// Geography accepts the name of an Azure geography that has a region.
func Geography() validator.String {
	return String("must be an Azure geography", "Unknown geography", func(name string) error {
		var all []string
		for _, r := range region.All() {
			all = append(all, r.Geography)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		if slices.Contains(all, name) {
			return nil
		}
		return fmt.Errorf("%q is not an Azure geography. Known are: %s", name, strings.Join(all, ", "))
	})
}

// Duration accepts a Go duration above zero.
func Duration() validator.String {
	return String("must be a duration above zero, such as 24h", "Invalid duration", func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			return fmt.Errorf("%q is not a duration above zero; write one such as 90s, 30m or 24h", s)
		}
		return nil
	})
}

// DataLoss accepts how far a standby may be behind: an age or a size.
func DataLoss() validator.String {
	return String("must be an age such as 24h or a size such as 50GiB", "Invalid limit of data loss", func(s string) error {
		if s == "" {
			return errors.New("write an age such as 24h, or a size such as 50GiB or 10GB")
		}
		_, err := failover.ParseDataLoss(s)
		return err
	})
}

// AccountID accepts the resource ID of a Microsoft Genomics account.
func AccountID() validator.String {
	return String("must be the resource ID of a Microsoft.Genomics account", "Invalid account ID", func(s string) error {
		_, err := azure.ParseAccountID(s)
		return err
	})
}

// StorageAccountID accepts the resource ID of a storage account.
func StorageAccountID() validator.String {
	return String("must be the resource ID of a storage account", "Invalid storage account ID", func(s string) error {
		_, err := azure.ParseStorageAccountID(s)
		return err
	})
}

var containerName = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`)

// ContainerName accepts what Azure accepts as the name of a container.
func ContainerName() validator.String {
	return String("must be a container name", "Invalid container name", func(s string) error {
		if containerName.MatchString(s) && len(s) >= 3 && len(s) <= 63 {
			return nil
		}
		return fmt.Errorf("%q is not a container name: use 3 to 63 lowercase letters, digits and single hyphens, beginning and ending with a letter or digit", s)
	})
}

var storeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

// StoreName accepts the name of an input store, which becomes part of the name
// of its manifest's blob.
func StoreName() validator.String {
	return String("must be 1 to 64 lowercase letters, digits and hyphens", "Invalid store name", func(s string) error {
		if storeName.MatchString(s) {
			return nil
		}
		return fmt.Errorf("%q is not a store name: use 1 to 64 lowercase letters, digits and hyphens, beginning and ending with a letter or digit", s)
	})
}

// Glob accepts a pattern for blob names.
func Glob() validator.String {
	return String("must be a glob", "Invalid glob", func(s string) error {
		if doublestar.ValidatePattern(s) {
			return nil
		}
		return fmt.Errorf("%q is not a glob: check its brackets and braces", s)
	})
}
