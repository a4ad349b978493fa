package submission

import (
	"strconv"
	"strings"
	"testing"
)

// The ID of a run names one run of one account, and prints as what was read.
func FuzzWorkflowID(f *testing.F) {
	const account = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab"
	for _, seed := range []string{
		account + "/workflows/10001", strings.ToUpper(account) + "/WORKFLOWS/7", account + "/workflows/-1", account + "/workflows/+1", account + "/workflows/007",
		account + "/workflows/9223372036854775808", account + "/workflows/1/workflows/2", "/workflows/1", account, account + "/workflows/\u0661",
		account + "/../x/workflows/1", "\u0130/workflows/1", account + "/work\u017fflows/1", "\x80/WORKFLOWS/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		accountID, number, err := parseWorkflowResourceID(id)
		if err != nil {
			return
		}
		printed := workflowResourceID(accountID, strconv.FormatInt(number, 10))
		if number <= 0 || !strings.EqualFold(printed, id) {
			t.Errorf("%q is read as %d of %q", id, number, accountID)
		}
		if again, n, err := parseWorkflowResourceID(printed); err != nil || again != accountID || n != number {
			t.Errorf("%q prints as %q, which is %d of %q, %v", id, printed, n, again, err)
		}
	})
}
