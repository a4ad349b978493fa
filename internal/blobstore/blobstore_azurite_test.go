//go:build acceptance

package blobstore

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"golang.org/x/sync/semaphore"
)

// azurite opens a new container in the nth account of the Azurite that the harness runs.
func azurite(t *testing.T, nth int) *Container {
	t.Helper()
	base, accounts := os.Getenv("GENOMICS_TEST_AZURITE"), os.Getenv("GENOMICS_TEST_AZURITE_ACCOUNTS")
	if base == "" || accounts == "" {
		t.Fatal("GENOMICS_TEST_AZURITE and GENOMICS_TEST_AZURITE_ACCOUNTS must name a running Azurite and its accounts")
	}
	list := strings.Split(accounts, ";")
	if len(list) <= nth {
		t.Fatalf("Azurite needs %d accounts", nth+1)
	}
	account, key, _ := strings.Cut(list[nth], ":")
	name := "t" + strings.ToLower(rand.Text())
	c, err := Open(strings.TrimRight(base, "/")+"/"+account+"/"+name, Credential{AccountName: account, Key: key}, azcore.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	created, err := c.Ensure(t.Context())
	if err != nil || !created {
		t.Fatalf("created %v, error %v", created, err)
	}
	if created, err = c.Ensure(t.Context()); err != nil || created {
		t.Fatalf("second Ensure: created %v, error %v", created, err)
	}
	t.Cleanup(func() {
		if _, err := c.client.Delete(context.Background(), nil); err != nil {
			t.Error(err)
		}
	})
	return c
}

// put writes a blob with every header that has to travel.
func put(t *testing.T, c *Container, name string, content []byte) Blob {
	t.Helper()
	_, err := c.Upload(t.Context(), name, bytes.NewReader(content), UploadOptions{
		Headers:  Headers{ContentType: "application/x-reads", CacheControl: "no-cache", ContentLanguage: "en", ContentDisposition: "inline"},
		Metadata: map[string]string{"Sample": "NA12878"},
		Tags:     map[string]string{"project": "a b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return find(t, c, name)
}

func find(t *testing.T, c *Container, name string) Blob {
	t.Helper()
	for b, err := range c.List(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Name == name {
			return b
		}
	}
	t.Fatalf("%q is not listed", name)
	return Blob{}
}

func content(t *testing.T, c *Container, name string) []byte {
	t.Helper()
	r, _, err := c.Download(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// arrived checks that a copy is complete: content, hash, headers, metadata and tags.
func arrived(t *testing.T, from, to Blob) {
	t.Helper()
	if to.Size != from.Size || to.Headers != from.Headers || to.Metadata["Sample"] != from.Metadata["Sample"] ||
		to.Tags["project"] != from.Tags["project"] || !to.TagsKnown || !bytes.Equal(to.MD5, from.MD5) {
		t.Errorf("copy differs:\n%+v\n%+v", from, to)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

var oddNames = []string{"a/b.fq", "a/../b", "%41", "with space+plus", "ünïcode", "smile-😀", "#hash?query", "a&b='c'"}

func TestAccListAndStatAgree(t *testing.T) {
	c := azurite(t, 0)
	for _, name := range oddNames {
		put(t, c, name, []byte(name))
	}
	var names []string
	for b, err := range c.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, b.Name)
		s, err := c.Stat(t.Context(), b.Name)
		if err != nil {
			t.Fatal(err)
		}
		if s.ETag != b.ETag || s.ETag == "" || strings.Contains(s.ETag, `"`) || s.Size != b.Size || !bytes.Equal(s.MD5, b.MD5) ||
			s.Type != TypeBlock || s.Headers != b.Headers || !s.LastModified.Equal(b.LastModified) {
			t.Errorf("Stat and List disagree:\n%+v\n%+v", s, b)
		}
		if sum := md5.Sum([]byte(b.Name)); !bytes.Equal(b.MD5, sum[:]) {
			t.Errorf("%q has the MD5 %x", b.Name, b.MD5)
		}
		if string(content(t, c, b.Name)) != b.Name {
			t.Errorf("%q holds something else", b.Name)
		}
	}
	want := slices.Clone(oddNames)
	slices.Sort(want)
	slices.Sort(names)
	if !slices.Equal(names, want) {
		t.Errorf("listed %q, want %q", names, want)
	}
}

func TestAccMissingIsErrNotFound(t *testing.T) {
	c := azurite(t, 0)
	_, err := c.Stat(t.Context(), "nothing")
	if !IsNotFound(err) {
		t.Errorf("Stat: %v", err)
	}
	if _, _, err = c.Download(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Download: %v", err)
	}
	other, err := Open(c.URL()+"x", Credential{AccountName: c.account, Key: keyOf(t, 0)}, azcore.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := other.Exists(t.Context()); ok || err != nil {
		t.Errorf("Exists: %v %v", ok, err)
	}
	for _, err := range other.List(t.Context(), "") {
		if !IsNotFound(err) {
			t.Errorf("List: %v", err)
		}
	}
}

func keyOf(t *testing.T, nth int) string {
	t.Helper()
	_, key, _ := strings.Cut(strings.Split(os.Getenv("GENOMICS_TEST_AZURITE_ACCOUNTS"), ";")[nth], ":")
	return key
}

func TestAccSASWorksWithoutACredential(t *testing.T) {
	c := azurite(t, 0)
	for _, name := range oddNames {
		put(t, c, name, []byte(name))
		from, err := c.ReadURL(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		reader, err := blob.NewClientWithNoCredential(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := reader.DownloadStream(t.Context(), nil)
		if err != nil {
			t.Errorf("%q can't be read with its SAS: %v", name, err)
			continue
		}
		data, _ := io.ReadAll(answer.Body)
		if string(data) != name {
			t.Errorf("%q holds %q", name, data)
		}
	}
	query, err := c.ContainerSAS(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	client, err := container.NewClientWithNoCredential(c.URL()+"?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.NewBlockBlobClient("out/x").UploadBuffer(t.Context(), []byte("x"), nil); err != nil {
		t.Errorf("write: %v", err)
	}
	if _, err := client.NewBlobClient("out/x").DownloadStream(t.Context(), nil); err != nil {
		t.Errorf("read: %v", err)
	}
	if _, err := client.NewBlobClient("out/x").Delete(t.Context(), nil); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func TestAccCopyAcrossAccounts(t *testing.T) {
	src, dst := azurite(t, 0), azurite(t, 1)
	for _, name := range oddNames {
		b := put(t, src, name, random(1000))
		done, err := dst.CopyFrom(t.Context(), src, b, TransferOptions{Condition: Condition{IfAbsent: true}})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		to := find(t, dst, name)
		arrived(t, b, to)
		if done.ETag != to.ETag || done.Bytes != 0 {
			t.Errorf("%q: %+v", name, done)
		}
		if to.CopyStatus != "success" || to.CopySource != src.blobURL(name) || to.CopyCompletedAt.IsZero() {
			t.Errorf("%q: the service doesn't say where it was copied from: %+v", name, to)
		}
	}
	empty := put(t, src, "empty", nil)
	if _, err := dst.CopyFrom(t.Context(), src, empty, TransferOptions{}); err != nil {
		t.Error(err)
	}
}

func TestAccCopyInRanges(t *testing.T) {
	src, dst := azurite(t, 0), azurite(t, 1)
	b := put(t, src, "big", random(9<<20+17))
	done, err := dst.copyRanges(t.Context(), src, b, 1<<20, TransferOptions{Condition: Condition{IfAbsent: true}})
	if err != nil {
		t.Fatal(err)
	}
	to := find(t, dst, "big")
	arrived(t, b, to)
	if done.ETag != to.ETag {
		t.Errorf("%+v", done)
	}
	if !bytes.Equal(content(t, src, "big"), content(t, dst, "big")) {
		t.Error("content differs")
	}
}

// counted is a source that counts the ranges that are copied from it, and refuses after some.
type counted struct {
	*Container
	left, taken atomic.Int32
}

func (c *counted) ReadURL(ctx context.Context, name string) (string, error) {
	if c.left.Add(-1) < 0 {
		return "", errors.New("enough")
	}
	c.taken.Add(1)
	return c.Container.ReadURL(ctx, name)
}

// What was staged before a copy broke off is not copied again, and a finished copy is known by its blocks.
func TestAccRangesGoOnFromStagedBlocks(t *testing.T) {
	src, dst := &counted{Container: azurite(t, 0)}, azurite(t, 1)
	data := random(9<<20 + 17)
	unhashed(t, src.Container, "big", data)
	b := find(t, src.Container, "big")
	opt := TransferOptions{Condition: Condition{IfAbsent: true}, Slots: semaphore.NewWeighted(1)}
	src.left.Store(4)
	if _, err := dst.copyRanges(t.Context(), src, b, 1<<20, opt); err == nil {
		t.Fatal("it did not break off")
	}
	staged, err := dst.staged(t.Context(), b, cut(b, 1<<20))
	if err != nil || len(staged) < 3 {
		t.Fatalf("%d staged, %v", len(staged), err)
	}
	src.left.Store(100)
	src.taken.Store(0)
	if _, err := dst.copyRanges(t.Context(), src, b, 1<<20, opt); err != nil {
		t.Fatal(err)
	}
	if again := int(src.taken.Load()); again > 10-len(staged)+1 {
		t.Errorf("%d of 10 ranges were staged, and %d copied", len(staged), again)
	}
	if !bytes.Equal(content(t, dst, "big"), data) {
		t.Error("content differs")
	}
	// Streamed as one block, and known by it.
	unhashed(t, src.Container, "small", data[:100])
	b = find(t, src.Container, "small")
	done, err := dst.StreamFrom(t.Context(), src, b, TransferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := dst.HoldsCopy(t.Context(), b, done.ETag); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	if _, err := dst.Upload(t.Context(), "small", bytes.NewReader(data[:100]), UploadOptions{}); err != nil {
		t.Fatal(err)
	}
	if ok, err := dst.HoldsCopy(t.Context(), b, find(t, dst, "small").ETag); ok || err != nil {
		t.Errorf("an upload passes for a copy: %v %v", ok, err)
	}
}

func TestAccStream(t *testing.T) {
	src, dst := azurite(t, 0), azurite(t, 1)
	for _, size := range []int{0, 1, streamBlock, streamBlock + 1, 5*streamBlock + 3} {
		name := fmt.Sprintf("s%d", size)
		b := put(t, src, name, random(size))
		done, err := dst.StreamFrom(t.Context(), src, b, TransferOptions{Condition: Condition{IfAbsent: true}, CheckMD5: true})
		if err != nil {
			t.Errorf("%d: %v", size, err)
			continue
		}
		to := find(t, dst, name)
		arrived(t, b, to)
		if done.ETag != to.ETag || done.Bytes != int64(size) {
			t.Errorf("%d: %+v", size, done)
		}
		if !bytes.Equal(content(t, src, name), content(t, dst, name)) {
			t.Errorf("%d: content differs", size)
		}
		if _, err := dst.StreamFrom(t.Context(), src, b, TransferOptions{Condition: Condition{IfMatch: done.ETag}}); err != nil {
			t.Errorf("%d: again: %v", size, err)
		}
	}
}

func TestAccStreamStoresAMissingMD5(t *testing.T) {
	src, dst := azurite(t, 0), azurite(t, 1)
	data := random(streamBlock + 5)
	unhashed(t, src, "nohash", data)
	b := find(t, src, "nohash")
	if len(b.MD5) != 0 {
		t.Fatalf("the source has an MD5: %x", b.MD5)
	}
	if _, err := dst.StreamFrom(t.Context(), src, b, TransferOptions{}); err != nil {
		t.Fatal(err)
	}
	if sum := md5.Sum(data); !bytes.Equal(find(t, dst, "nohash").MD5, sum[:]) {
		t.Error("the MD5 wasn't stored")
	}
}

// unhashed writes a blob that carries no MD5, as most programs write large ones.
func unhashed(t *testing.T, c *Container, name string, data []byte) {
	t.Helper()
	if _, err := c.client.NewBlockBlobClient(name).UploadBuffer(t.Context(), data, &blockblob.UploadBufferOptions{BlockSize: 4 << 20}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.NewBlobClient(name).SetHTTPHeaders(t.Context(), blob.HTTPHeaders{}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestAccConditions(t *testing.T) {
	src, dst := azurite(t, 0), azurite(t, 1)
	small, big := put(t, src, "small", random(100)), put(t, src, "big", random(2*streamBlock))
	for _, b := range []Blob{small, big} {
		put(t, dst, b.Name, []byte("already here"))
	}
	kinds := map[string]func(Blob, Condition) error{
		"copy": func(b Blob, c Condition) error {
			_, err := dst.CopyFrom(t.Context(), src, b, TransferOptions{Condition: c})
			return err
		},
		"ranges": func(b Blob, c Condition) error {
			_, err := dst.copyRanges(t.Context(), src, b, copyBlock, TransferOptions{Condition: c})
			return err
		},
		"stream": func(b Blob, c Condition) error {
			_, err := dst.StreamFrom(t.Context(), src, b, TransferOptions{Condition: c})
			return err
		},
	}
	for kind, run := range kinds {
		for _, b := range []Blob{small, big} {
			stale := b
			stale.ETag = "0x0000000000000"
			for what, err := range map[string]error{
				"present":     run(b, Condition{IfAbsent: true}),
				"other etag":  run(b, Condition{IfMatch: "0x0000000000000"}),
				"source gone": run(stale, Condition{}),
			} {
				var condition *ConditionError
				if !errors.As(err, &condition) {
					t.Errorf("%s of %s, %s: %v", kind, b.Name, what, err)
				}
			}
		}
	}
	for _, b := range []Blob{small, big} {
		if string(content(t, dst, b.Name)) != "already here" {
			t.Errorf("%s was overwritten", b.Name)
		}
	}
	var source *CopySourceError
	gone := small
	gone.Name = "never was"
	_, err := dst.CopyFrom(t.Context(), src, gone, TransferOptions{})
	if !errors.As(err, &source) || strings.Contains(err.Error(), "sig=") {
		t.Errorf("copy of nothing: %v", err)
	}
}

func TestAccSetTags(t *testing.T) {
	c := azurite(t, 0)
	b := put(t, c, "x", []byte("x"))
	if err := c.SetTags(t.Context(), "x", map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	if after := find(t, c, "x"); after.Tags["k"] != "v" || len(after.Tags) != 1 || after.ETag != b.ETag {
		t.Errorf("%+v", after)
	}
	if err := c.SetTags(t.Context(), "x", nil); err != nil {
		t.Fatal(err)
	}
	if after := find(t, c, "x"); len(after.Tags) != 0 {
		t.Errorf("%+v", after)
	}
}

// Deleting what lies under a condition.
func TestAccDelete(t *testing.T) {
	c := azurite(t, 0)
	b := put(t, c, "record.json", []byte("{}"))
	var condition *ConditionError
	if err := c.Delete(t.Context(), b.Name, Condition{IfMatch: "0x1"}); !errors.As(err, &condition) {
		t.Errorf("a blob that has changed: %v", err)
	}
	if err := c.Delete(t.Context(), b.Name, Condition{IfMatch: b.ETag}); err != nil {
		t.Error(err)
	}
	if err := c.Delete(t.Context(), b.Name, Condition{IfMatch: b.ETag}); !IsNotFound(err) && !errors.As(err, &condition) {
		t.Errorf("a blob that is gone: %v", err)
	}
}
