package arm

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// failure is a refusal in Resource Manager's own form.
type failure struct {
	status  int
	code    string
	message string
}

func fail(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func (f *failure) write(w http.ResponseWriter) {
	reply(w, f.status, map[string]any{"error": map[string]string{"code": f.code, "message": f.message}})
}

func groupNotFound(name string) *failure {
	return fail(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", name)
}

func resourceNotFound(kind, name, group string) *failure {
	return fail(http.StatusNotFound, "ResourceNotFound",
		"The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", kind, name, group)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body) // the client may be gone, which is no matter here
	}
}
