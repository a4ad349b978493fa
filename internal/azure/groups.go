package azure

import (
	"context"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// groupsAPIVersion is a stable version of Microsoft.Resources.
const groupsAPIVersion = "2021-04-01"

// Group is a resource group. Resource Manager keeps the metadata of what is in it in its location.
type Group struct {
	Name     string `json:"name"`
	Location string `json:"location"`
}

// GroupsClient reads resource groups.
//
// Errors are *azcore.ResponseError when Resource Manager answered, *region.UnreachableError when it did not.
type GroupsClient struct{ client *arm.Client }

// NewGroupsClient makes a client.
func NewGroupsClient(credential azcore.TokenCredential, p *Pipelines) (*GroupsClient, error) {
	options := p.ARMOptions()
	options.Telemetry.Disabled = true
	client, err := arm.NewClient("genomics", "", credential, options)
	if err != nil {
		return nil, err
	}
	return &GroupsClient{client: client}, nil
}

// Get reads a group. For one that does not exist IsNotFound is true of the error.
func (c *GroupsClient) Get(ctx context.Context, subscription, name string) (Group, error) {
	path := "/subscriptions/" + url.PathEscape(subscription) + "/resourceGroups/" + url.PathEscape(name)
	req, err := runtime.NewRequest(ctx, http.MethodGet, runtime.JoinPaths(c.client.Endpoint(), path)+"?api-version="+groupsAPIVersion)
	if err != nil {
		return Group{}, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	resp, err := c.client.Pipeline().Do(req)
	if err != nil {
		return Group{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return Group{}, runtime.NewResponseError(resp)
	}
	var group Group
	err = runtime.UnmarshalAsJSON(resp, &group)
	return group, err
}
