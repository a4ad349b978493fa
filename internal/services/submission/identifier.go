package submission

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

const workflowsSegment = "/workflows/"

// workflowResourceID names a run under its account, in the form of an Azure
// child resource.
func workflowResourceID(accountID, workflowID string) string {
	return accountID + workflowsSegment + workflowID
}

// parseWorkflowResourceID takes apart what workflowResourceID made.
func parseWorkflowResourceID(id string) (accountID string, workflowID int64, err error) {
	malformed := fmt.Errorf("%q is not the ID of a workflow: write <account's resource ID>%s<number>", id, workflowsSegment)
	// By bytes: lowering the case of a whole ID may change its length.
	slash := strings.LastIndex(id, "/")
	at := slash + 1 - len(workflowsSegment)
	if at < 0 || !strings.EqualFold(id[at:slash+1], workflowsSegment) {
		return "", 0, malformed
	}
	number := id[slash+1:]
	workflowID, err = strconv.ParseInt(number, 10, 64)
	// One run has one ID: +7 and 007 are not other ways to write it.
	if err != nil || workflowID <= 0 || strconv.FormatInt(workflowID, 10) != number {
		return "", 0, malformed
	}
	account, err := azure.ParseAccountID(id[:at])
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", malformed, err)
	}
	return account.String(), workflowID, nil
}
