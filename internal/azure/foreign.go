package azure

import (
	"net/http"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// fromResourceManager recognizes Resource Manager's answers: it gives every request an ID, and speaks JSON.
func fromResourceManager(resp *http.Response) bool {
	return resp.Header.Get(headerRequestID) != "" || resp.Header.Get(headerCorrelationID) != "" || region.SpeaksJSON(resp)
}
