package state

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLogRemembersTheLastValueAcrossARestart(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	first.Put("run", "1", map[string]int{"status": 1000})
	first.Put("run", "1", map[string]int{"status": 20000})
	first.Put("run", "2", map[string]int{"status": 1000})
	first.Delete("run", "2")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	var value map[string]int
	if ok, err := second.Get("run", "1", &value); !ok || err != nil || value["status"] != 20000 {
		t.Errorf("run 1 after the restart: %v %v %v", ok, err, value)
	}
	if ok, _ := second.Get("run", "2", &value); ok {
		t.Error("run 2 was deleted and came back")
	}
}

func TestLogSurvivesALineTornByAKill(t *testing.T) {
	dir := t.TempDir()
	whole := `{"kind":"run","key":"1","value":7}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(whole+`{"kind":"run","key":"2","val`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var keys []string
	if err := l.Each("run", func(key string, _ []byte) error { keys = append(keys, key); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(keys) != 1 || keys[0] != "1" {
		t.Errorf("keys after the torn line: %v", keys)
	}
}

func TestLogRefusesADamagedFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte("not json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Fatal("a damaged state file was accepted")
	}
}
