# terraform test: gates a change on the pair being ready.
run "ready" {
  command = plan

  assert {
    condition     = data.genomics_readiness.lab.ready
    error_message = data.genomics_readiness.lab.summary
  }
}
