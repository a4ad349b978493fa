//go:build unix

package fault

import (
	"io"
	"net"
	"syscall"
)

type socket int

// Close frees the reserved port.
func (s socket) Close() error { return syscall.Close(int(s)) }

// reserve binds a port without listening on it: the kernel refuses every
// connection and gives the port to no one else, not even for an outgoing one.
func reserve(address string) (io.Closer, error) {
	tcp, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	at := &syscall.SockaddrInet4{Port: tcp.Port}
	copy(at.Addr[:], tcp.IP.To4())
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	if err := syscall.Bind(fd, at); err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	return socket(fd), nil
}
