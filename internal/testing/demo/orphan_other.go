//go:build !linux

package main

// dieWithParent does nothing where no process can ask for that. Ctrl-C reaches
// the demo by itself.
func dieWithParent() {}
