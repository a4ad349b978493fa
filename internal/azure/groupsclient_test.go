package azure

import (
	"net/http"
	"testing"
)

func TestReadGroup(t *testing.T) {
	s := serve(t, always(http.StatusOK, `{"name":"rg-lab","location":"westeurope"}`))
	client, err := NewGroupsClient(&fakeCredential{}, pipelinesFor(t, s.URL))
	if err != nil {
		t.Fatal(err)
	}
	group, err := client.Get(t.Context(), "s", "rg-lab")
	if err != nil || group.Location != "westeurope" {
		t.Errorf("%+v %v", group, err)
	}
	if saw := s.saw(); len(saw) != 1 || saw[0].path != "/subscriptions/s/resourceGroups/rg-lab" {
		t.Errorf("%+v", saw)
	}
	s = serve(t, always(http.StatusNotFound, `{"error":{"code":"ResourceGroupNotFound","message":"no"}}`))
	if client, err = NewGroupsClient(&fakeCredential{}, pipelinesFor(t, s.URL)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get(t.Context(), "s", "rg-lab"); !IsNotFound(err) {
		t.Errorf("%v", err)
	}
}
