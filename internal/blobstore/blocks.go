package blobstore

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // Content-MD5 is what the service stores
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// A block's ID says what the block holds: the blob's version and the size of its blocks (20 bytes), the number of the
// block (4), and where content is streamed the state of the MD5 at the block's end (16). So a transfer that was killed is
// taken up where it stopped, with nothing kept but what the service keeps, and a finished one can be recognised.
//
// All of a blob's IDs must have one length, those of blocks that another way of transfer has staged included.
const (
	versionBytes = 20
	numberBytes  = 4
	blockIDBytes = versionBytes + numberBytes + md5.Size
)

// plan is how one blob is cut into blocks.
type plan struct {
	version [versionBytes]byte
	size    int64
	count   int
}

// cut plans the blocks of a blob, of the usual size or larger.
func cut(b Blob, usual int64) plan {
	size := blockSize(b.Size, usual)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", b.ETag, b.Size, size))
	return plan{version: [versionBytes]byte(sum[:versionBytes]), size: size, count: int((b.Size + size - 1) / size)}
}

// id names block i; state is the MD5's at its end, zero where there is none.
func (p plan) id(i int, state [md5.Size]byte) string {
	raw := binary.BigEndian.AppendUint32(append(make([]byte, 0, blockIDBytes), p.version[:]...), uint32(i)) //nolint:gosec // at most maxBlocks
	return base64.StdEncoding.EncodeToString(append(raw, state[:]...))
}

// parse is the reverse of id; ok is false for blocks of another version, or somebody else's.
func (p plan) parse(id string) (i int, state [md5.Size]byte, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(raw) != blockIDBytes || !bytes.HasPrefix(raw, p.version[:]) {
		return 0, state, false
	}
	i = int(binary.BigEndian.Uint32(raw[versionBytes:]))
	copy(state[:], raw[versionBytes+numberBytes:])
	return i, state, i < p.count
}

// length of block i of a blob.
func (p plan) length(i int, total int64) int64 {
	return min(p.size, total-int64(i)*p.size)
}

// staged asks which of a plan's blocks wait at the service for their commit: the IDs by number. Nothing under the name is
// no block.
func (c *Container) staged(ctx context.Context, b Blob, p plan) (map[int]string, error) {
	answer, err := c.client.NewBlockBlobClient(b.Name).GetBlockList(ctx, blockblob.BlockListTypeUncommitted, nil)
	if err = c.wrap("list the staged blocks of", b.Name, err); err != nil {
		if IsNotFound(err) {
			return nil, nil
		}
		return nil, err
	}
	found := map[int]string{}
	for _, block := range answer.UncommittedBlocks {
		if i, _, ok := p.parse(deref(block.Name)); ok && deref(block.Size) == p.length(i, b.Size) {
			found[i] = deref(block.Name)
		}
	}
	return found, nil
}

// HoldsCopy tells whether the blob here under b's name, which has the ETag, was made by a transfer of b exactly as it is,
// block by block: by the IDs of its blocks, which no other program gives. It says nothing of copies by a single request.
func (c *Container) HoldsCopy(ctx context.Context, b Blob, tag string) (bool, error) {
	answer, err := c.client.NewBlockBlobClient(b.Name).GetBlockList(ctx, blockblob.BlockListTypeCommitted, nil)
	if err = c.wrap("list the blocks of", b.Name, err); err != nil {
		if IsNotFound(err) {
			return false, nil
		}
		return false, err
	}
	if etag(answer.ETag) != tag {
		return false, nil
	}
	return cut(b, copyBlock).made(b, answer.CommittedBlocks) || cut(b, streamBlock).made(b, answer.CommittedBlocks), nil
}

// made tells whether blocks are all of the plan's, in its order.
func (p plan) made(b Blob, blocks []*blockblob.Block) bool {
	if len(blocks) != p.count || p.count == 0 {
		return false
	}
	for at, block := range blocks {
		if i, _, ok := p.parse(deref(block.Name)); !ok || i != at || deref(block.Size) != p.length(i, b.Size) {
			return false
		}
	}
	return true
}

// md5Magic is how the standard library begins a saved MD5. What follows is the state, the bytes since the last whole unit
// of 64, none at a block's end, and the length.
var md5Magic = []byte("md5\x01")

// stateOf saves an MD5 after whole units; all zero when this version of the standard library saves it in another way.
func stateOf(h hash.Hash) (state [md5.Size]byte) {
	if m, ok := h.(encoding.BinaryMarshaler); ok {
		if saved, err := m.MarshalBinary(); err == nil && bytes.HasPrefix(saved, md5Magic) {
			copy(state[:], saved[len(md5Magic):])
		}
	}
	return state
}

// resumeMD5 continues an MD5 whose state after length bytes was saved by stateOf; ok is false when it can't.
func resumeMD5(state [md5.Size]byte, length int64) (h hash.Hash, ok bool) {
	h = md5.New() //nolint:gosec // see import
	u, can := h.(encoding.BinaryUnmarshaler)
	if !can || state == [md5.Size]byte{} || length%md5.BlockSize != 0 {
		return nil, false
	}
	saved := append(append(bytes.Clone(md5Magic), state[:]...), make([]byte, md5.BlockSize)...)
	saved = binary.BigEndian.AppendUint64(saved, uint64(length)) //nolint:gosec // a length isn't negative
	return h, u.UnmarshalBinary(saved) == nil
}

// spare keeps the memory of blocks that were sent for the next ones. Left to the collector, as much as is in use piles up
// before it looks.
var spare sync.Pool

// takeBlock is memory for a block of a stream.
func takeBlock(length int64) *[]byte {
	if block, ok := spare.Get().(*[]byte); ok && int64(cap(*block)) >= length {
		*block = (*block)[:length]
		return block
	}
	block := make([]byte, length, max(length, streamBlock))
	return &block
}

// giveBlock takes back the memory of a block.
func giveBlock(block *[]byte) { spare.Put(block) }

// blockBody sends a block. A connection may go on reading when its request has long failed: after end there is nothing
// left for it in memory that holds another block by then.
type blockBody struct {
	mu      sync.Mutex
	content *bytes.Reader
}

func (b *blockBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Read(p)
}

func (b *blockBody) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Seek(offset, whence)
}

// Close implements io.Closer.
func (b *blockBody) Close() error { return nil }

func (b *blockBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.content.Reset(nil)
}

// blockSize is the usual block size, or a larger one in whole MiB where the blob would need too many blocks.
func blockSize(total, usual int64) int64 {
	const mib = 1 << 20
	if need := (total + maxBlocks - 1) / maxBlocks; need > usual {
		return (need + mib - 1) / mib * mib
	}
	return usual
}
