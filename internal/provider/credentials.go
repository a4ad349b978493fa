package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// endpointCredentials reads how servers want to know their clients. All of it has to be known: a server that was asked without
// its credential would refuse, and nobody else has it.
func (r *resolver) endpointCredentials(configured types.Map) map[string]azure.EndpointCredential {
	const argument = "endpoint_credentials"
	if !r.known(argument, configured) {
		return nil
	}
	credentials := map[string]azure.EndpointCredential{}
	for base, value := range configured.Elements() {
		object, ok := value.(types.Object)
		if !ok || object.IsNull() || !r.known(argument, object) {
			continue
		}
		credential, err := r.endpointCredential(argument, object.Attributes())
		if err == nil {
			err = azure.CheckEndpoint(base)
		}
		if err != nil {
			r.diags.AddAttributeError(path.Root(argument).AtMapKey(base), "Invalid provider argument "+argument, sentence(err)+".")
			continue
		}
		credentials[strings.TrimRight(base, "/")] = credential
	}
	return credentials
}

func (r *resolver) endpointCredential(argument string, attributes map[string]attr.Value) (azure.EndpointCredential, error) {
	text := func(name string) string {
		value, ok := attributes[name].(types.String)
		if !ok || !r.known(argument, value) {
			return ""
		}
		return value.ValueString()
	}
	c := azure.EndpointCredential{Username: text("username"), Password: text("password"), BearerToken: text("bearer_token"), Scope: text("scope")}
	ways := 0
	for _, given := range []bool{c.Username != "" || c.Password != "", c.BearerToken != "", c.Scope != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1 && !r.diags.HasError():
		return c, fmt.Errorf("a credential is either a username and a password, a bearer_token or a scope; %d of them are given", ways)
	case c.Username == "" && c.Password != "":
		return c, errors.New("a password needs a username")
	}
	return c, nil
}
