package harness

// Data returns the attributes of a data source of the root module that the plan has
// read; nil when it has not, because something is known only after the apply.
func (p *Plan) Data(address string) map[string]any {
	if p.JSON.PriorState == nil || p.JSON.PriorState.Values == nil || p.JSON.PriorState.Values.RootModule == nil {
		return nil
	}
	for _, r := range p.JSON.PriorState.Values.RootModule.Resources {
		if r.Address == address {
			return r.AttributeValues
		}
	}
	return nil
}
