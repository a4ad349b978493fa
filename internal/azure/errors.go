package azure

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// The headers in which Azure's services name a request.
const (
	headerRequestID       = "x-ms-request-id"
	headerCorrelationID   = "x-ms-correlation-request-id"
	headerClientRequestID = "x-ms-client-request-id"
)

// IsNotFound reports whether Resource Manager said that a resource, or the resource group it would be in, does not exist. Only
// Resource Manager's own answer counts: a 404 that a proxy made of something else, and a 404 about the subscription or the
// resource type, say nothing about the resource.
func IsNotFound(err error) bool {
	var failure *azcore.ResponseError
	if !errors.As(err, &failure) || failure.StatusCode != http.StatusNotFound {
		return false
	}
	if failure.RawResponse != nil && !strings.Contains(strings.ToLower(failure.RawResponse.Header.Get("Content-Type")), "json") {
		return false
	}
	switch failure.ErrorCode {
	case "ResourceNotFound", "ResourceGroupNotFound", "NotFound":
		return true
	default:
		return false
	}
}

// RequestID returns the service's identifier of the request that failed, or "" when there is none.
func RequestID(err error) string {
	var status *region.StatusError
	if errors.As(err, &status) {
		return status.RequestID
	}
	resp := response(err)
	if resp == nil {
		return ""
	}
	for _, name := range []string{headerRequestID, headerCorrelationID} {
		if id := resp.Header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// Code returns the service's code for a failure, "HTTP <status>" where it gave none, or "" when it did not answer.
func Code(err error) string {
	var failure *azcore.ResponseError
	if errors.As(err, &failure) && failure.ErrorCode != "" {
		return failure.ErrorCode
	}
	var status *region.StatusError
	if errors.As(err, &status) {
		return fmt.Sprintf("HTTP %d", status.StatusCode)
	}
	if resp := response(err); resp != nil {
		return fmt.Sprintf("HTTP %d", resp.StatusCode)
	}
	return ""
}

// response finds the HTTP response that an error of azcore or azidentity carries.
func response(err error) *http.Response {
	var failure *azcore.ResponseError
	if errors.As(err, &failure) {
		return failure.RawResponse
	}
	var login *azidentity.AuthenticationFailedError
	if errors.As(err, &login) {
		return login.RawResponse
	}
	return nil
}
