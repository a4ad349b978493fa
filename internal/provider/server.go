package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
)

// server is the framework's, but for what submissions are asked most.
type server struct {
	framework
	provider *genomics

	once   sync.Once
	direct *submission.Direct
}

// framework is what the framework's server can do, which is more than one interface
// of the protocol's.
type framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// NewServer makes servers of the provider for protocol 6, one for each process that
// a command-line interface would start.
func NewServer(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &genomics{version: version}
		whole := providerserver.NewProtocol6(p)()
		f, ok := whole.(framework)
		if !ok {
			return whole
		}
		return &server{framework: f, provider: p}
	}
}

// submissions answers for submissions, once the run is configured.
func (s *server) submissions(ctx context.Context) *submission.Direct {
	s.once.Do(func() { s.direct = submission.NewDirect(ctx) })
	return s.direct
}

// PlanResourceChange plans submissions directly.
func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if req.TypeName == submission.TypeName && s.provider.session.Load() != nil {
		if resp := s.submissions(ctx).Plan(ctx, req); resp != nil {
			return resp, nil
		}
	}
	ctx, end := lend(ctx)
	defer end()
	return s.framework.PlanResourceChange(ctx, req)
}

// ReadResource refreshes submissions directly.
func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if run := s.provider.session.Load(); req.TypeName == submission.TypeName && run != nil {
		if resp := s.submissions(ctx).Read(ctx, run, req); resp != nil {
			return resp, nil
		}
	}
	ctx, end := lend(ctx)
	defer end()
	return s.framework.ReadResource(ctx, req)
}

// UpgradeResourceState answers directly for submissions of the present version.
func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if req.TypeName == submission.TypeName {
		if resp := s.submissions(ctx).Upgrade(req); resp != nil {
			return resp, nil
		}
	}
	ctx, end := lend(ctx)
	defer end()
	return s.framework.UpgradeResourceState(ctx, req)
}

// ValidateResourceConfig answers directly for submissions in which there is nothing
// to find.
func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if req.TypeName == submission.TypeName {
		if resp := s.submissions(ctx).Validate(ctx, req); resp != nil {
			return resp, nil
		}
	}
	ctx, end := lend(ctx)
	defer end()
	return s.framework.ValidateResourceConfig(ctx, req)
}

// ApplyResourceChange is the framework's. It is asked for each resource too: its context
// is only lent.
func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	ctx, end := lend(ctx)
	defer end()
	return s.framework.ApplyResourceChange(ctx, req)
}
