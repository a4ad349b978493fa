package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAFileIsNoTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if c := newConsole(file); c.columns != 0 {
		t.Errorf("a file has %d columns", c.columns)
	}
}

func TestALiveLineGivesWay(t *testing.T) {
	var out bytes.Buffer
	c := &console{out: &out, columns: 40}
	a := &activity{console: c, what: "terraform apply", started: time.Now(), detail: strings.Repeat("long\n", 30)}
	c.show(a)
	line, found := strings.CutPrefix(out.String(), "\r\x1b[K")
	if !found || len([]rune(line)) != 39 || strings.Contains(line, "\n") {
		t.Errorf("the live line is %q", out.String())
	}
	out.Reset()
	c.say("done")
	if out.String() != "\r\x1b[Kdone\n" {
		t.Errorf("after a live line comes %q", out.String())
	}
}

func TestElsewhereLinesArePlain(t *testing.T) {
	var out bytes.Buffer
	c := &console{out: &out}
	a := c.busy("waiting for %s", "jobs")
	a.now("1 of 4")
	c.show(a)
	a.done()
	c.say("done")
	if out.String() != "   ...   waiting for jobs (0 s): 1 of 4\ndone\n" {
		t.Errorf("printed %q", out.String())
	}
}
