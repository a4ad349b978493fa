package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// console prints for a person. While something runs it shows one live line on a
// terminal, and a plain line now and then elsewhere.
type console struct {
	mu      sync.Mutex
	out     io.Writer
	columns int // of the terminal; 0 when it is none
	live    bool
}

// usualColumns are those of a terminal that does not know its size.
const usualColumns = 80

func newConsole(file *os.File) *console {
	c := &console{out: file}
	// Only a terminal can be asked for its size.
	if size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ); err == nil && os.Getenv("TERM") != "dumb" {
		c.columns = cmp.Or(int(size.Col), usualColumns)
	}
	return c
}

// say prints lines.
func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// wipe removes the live line. The caller holds the lock.
func (c *console) wipe() {
	if c.live {
		fmt.Fprint(c.out, "\r\x1b[K")
		c.live = false
	}
}

// How often something that runs is told of.
const (
	liveInterval  = 100 * time.Millisecond
	plainInterval = 5 * time.Second
)

// activity is something that runs and may take a while.
type activity struct {
	console *console
	what    string
	started time.Time
	end     chan struct{}
	ended   sync.WaitGroup

	mu     sync.Mutex
	detail string
}

// busy shows that something runs, until done is called.
func (c *console) busy(format string, args ...any) *activity {
	a := &activity{console: c, what: fmt.Sprintf(format, args...), started: time.Now(), end: make(chan struct{})}
	interval := plainInterval
	if c.columns > 0 {
		interval = liveInterval
	}
	a.ended.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-a.end:
				return
			case <-tick.C:
				c.show(a)
			}
		}
	})
	return a
}

// now says what the activity is at.
func (a *activity) now(detail string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.detail = detail
}

// done ends the activity and its line.
func (a *activity) done() {
	close(a.end)
	a.ended.Wait()
	a.console.mu.Lock()
	defer a.console.mu.Unlock()
	a.console.wipe()
}

var spinner = []rune(`|/-\`)

func (c *console) show(a *activity) {
	a.mu.Lock()
	detail := a.detail
	a.mu.Unlock()
	took := time.Since(a.started)
	line := fmt.Sprintf("%s (%d s)", a.what, int(took.Seconds()))
	if detail != "" {
		line += ": " + detail
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.columns == 0 {
		fmt.Fprintf(c.out, "   ...   %s\n", line)
		return
	}
	text := []rune("   " + string(spinner[int(took/liveInterval)%len(spinner)]) + "     " + strings.ReplaceAll(line, "\n", " "))
	fmt.Fprintf(c.out, "\r\x1b[K%s", string(text[:min(len(text), c.columns-1)]))
	c.live = true
}
