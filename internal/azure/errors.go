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
	_, header := answered(err)
	for _, name := range []string{headerRequestID, headerCorrelationID} {
		if id := header.Get(name); id != "" {
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
	if code, _ := answered(err); code != 0 {
		return fmt.Sprintf("HTTP %d", code)
	}
	return ""
}

// answered finds the status and the header of the HTTP response that an error of azcore or azidentity is about. The status is 0
// when there was none.
func answered(err error) (status int, header http.Header) {
	var failure *azcore.ResponseError
	if errors.As(err, &failure) {
		if failure.RawResponse != nil {
			header = failure.RawResponse.Header
		}
		return failure.StatusCode, header
	}
	var login *azidentity.AuthenticationFailedError
	if errors.As(err, &login) && login.RawResponse != nil {
		return login.RawResponse.StatusCode, login.RawResponse.Header
	}
	return 0, nil
}
