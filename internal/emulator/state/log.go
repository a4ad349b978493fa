// Package state keeps what the emulator must remember across a restart: an
// append-only file of JSON records, one a line, the last one of a key winning.
// A process killed in the middle of a line loses that line and nothing else.
package state

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"sync"
)

const fileName = "emulator.state"

// Log is the emulator's memory. The zero value remembers nothing on disk.
type Log struct {
	mu     sync.Mutex
	file   *os.File
	latest map[string]map[string]json.RawMessage
	err    error
}

type record struct {
	Kind    string          `json:"kind"`
	Key     string          `json:"key"`
	Deleted bool            `json:"deleted,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"`
}

// Open reads what dir holds, compacts it, and appends to it from then on. An
// empty dir gives a Log that lives in memory only.
func Open(dir string) (*Log, error) {
	l := &Log{latest: map[string]map[string]json.RawMessage{}}
	if dir == "" {
		return l, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	defer root.Close()
	if err := l.load(root); err != nil {
		return nil, err
	}
	if err := l.compact(root); err != nil {
		return nil, err
	}
	// The file holds account keys and signatures, so only its owner reads it.
	file, err := root.OpenFile(fileName, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	l.file = file
	return l, nil
}

func (l *Log) load(root *os.Root) error {
	file, err := root.Open(fileName)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	defer file.Close()
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // a line without its end was never finished
		}
		if err != nil {
			return fmt.Errorf("state file: %w", err)
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("the state file %s is damaged: %w", file.Name(), err)
		}
		l.apply(r)
	}
}

func (l *Log) apply(r record) {
	if r.Deleted {
		delete(l.latest[r.Kind], r.Key)
		return
	}
	if l.latest[r.Kind] == nil {
		l.latest[r.Kind] = map[string]json.RawMessage{}
	}
	l.latest[r.Kind][r.Key] = r.Value
}

func (l *Log) compact(root *os.Root) error {
	const temporary = fileName + ".new"
	file, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	defer file.Close()
	encoder := json.NewEncoder(file)
	for _, kind := range sortedKeys(l.latest) {
		for _, key := range sortedKeys(l.latest[kind]) {
			if err := encoder.Encode(record{Kind: kind, Key: key, Value: l.latest[kind][key]}); err != nil {
				return fmt.Errorf("state file: %w", err)
			}
		}
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return root.Rename(temporary, fileName)
}

// Put remembers value under kind and key. A failing disk is reported by Err,
// so that callers in the middle of a request need not handle it one by one.
func (l *Log) Put(kind, key string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("state: %s %s cannot be encoded: %v", kind, key, err)) // a programming error
	}
	l.append(record{Kind: kind, Key: key, Value: raw})
}

// Delete forgets what was put under kind and key.
func (l *Log) Delete(kind, key string) {
	l.append(record{Kind: kind, Key: key, Deleted: true})
}

func (l *Log) append(r record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.apply(r)
	if l.file == nil {
		return
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = l.file.Write(append(line, '\n')) // one write, so a kill tears at most this line
	}
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("state file: %w", err)
	}
}

// Get decodes what was put under kind and key into value and reports whether
// there was anything.
func (l *Log) Get(kind, key string, value any) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, ok := l.latest[kind][key]
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(raw, value)
}

// Each calls decode with every value of one kind, in the order of their keys.
func (l *Log) Each(kind string, decode func(key string, raw []byte) error) error {
	l.mu.Lock()
	values := make(map[string]json.RawMessage, len(l.latest[kind]))
	for key, raw := range l.latest[kind] {
		values[key] = raw
	}
	l.mu.Unlock()
	for _, key := range sortedKeys(values) {
		if err := decode(key, values[key]); err != nil {
			return fmt.Errorf("state: %s %s: %w", kind, key, err)
		}
	}
	return nil
}

// Err returns the first write that failed, or nil.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close ends the writing. Later changes stay in memory.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return l.err
	}
	err := errors.Join(l.err, l.file.Close())
	l.file = nil
	return err
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
