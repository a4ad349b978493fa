package azure

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// List gives the accounts of a subscription, and if a resource group is named only those in it, page by page as the caller goes
// on. It ends at the first error. For a group that does not exist IsNotFound is true of that.
func (c *AccountsClient) List(ctx context.Context, subscription, group string) iter.Seq2[Account, error] {
	if subscription == "" {
		subscription = c.subscriptionID
	}
	path := "/subscriptions/" + url.PathEscape(subscription)
	if group != "" {
		path += "/resourceGroups/" + url.PathEscape(group)
	}
	next := runtime.JoinPaths(c.client.Endpoint(), path, "/providers/", accountType) + "?api-version=" + accountsAPIVersion
	return func(yield func(Account, error) bool) {
		for next != "" {
			var page []Account
			var err error
			if page, next, err = c.page(ctx, next); err != nil {
				yield(Account{}, err)
				return
			}
			for _, account := range page {
				if !yield(account, nil) {
					return
				}
			}
		}
	}
}

func (c *AccountsClient) page(ctx context.Context, from string) (accounts []Account, next string, err error) {
	req, err := runtime.NewRequest(ctx, http.MethodGet, from)
	if err != nil {
		return nil, "", err
	}
	// The token goes where a link leads, so that it must not lead elsewhere.
	if !strings.HasPrefix(from, strings.TrimSuffix(c.client.Endpoint(), "/")+"/") {
		return nil, "", fmt.Errorf("resource manager's list of accounts goes on at %s, which is not its own host", req.Raw().URL.Host)
	}
	req.Raw().Header.Set("Accept", "application/json")
	resp, err := c.client.Pipeline().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return nil, "", runtime.NewResponseError(resp)
	}
	var body struct {
		Value    []Account `json:"value"`
		NextLink string    `json:"nextLink"`
	}
	err = runtime.UnmarshalAsJSON(resp, &body)
	return body.Value, body.NextLink, err
}
