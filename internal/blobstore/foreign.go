package blobstore

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// fromStorage recognizes the storage service's answers by their header, for their body may be anybody's blob. The service gives an ID
// or its version with every answer. The web server before it, which refuses what is badly formed, does not.
// https://learn.microsoft.com/rest/api/storageservices/common-rest-api-headers
func fromStorage(resp *http.Response) bool {
	for _, name := range []string{"x-ms-request-id", "x-ms-version", "x-ms-error-code"} {
		if resp.Header.Get(name) != "" {
			return true
		}
	}
	return region.AboutTheForm(resp.StatusCode)
}

// recognizing lets the gate tell storage's answers from those of somebody else in its place.
type recognizing struct{}

// Do names the recognizer.
func (recognizing) Do(req *policy.Request) (*http.Response, error) {
	return req.WithContext(region.WithRecognizer(req.Raw().Context(), fromStorage)).Next()
}
