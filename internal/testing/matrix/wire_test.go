//go:build acceptance

package matrix

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// resolver answers for the host names of the lanes, so that one of them can stop
// to resolve. It is DNS itself, on a port of its own.
type resolver struct {
	mu    sync.Mutex
	lanes map[string]*lane
}

var names = &resolver{lanes: map[string]*lane{}}

func (r *resolver) add(l *lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lanes[l.name()+"."] = l
}

// serveNames makes this process resolve names here.
func serveNames(t *testing.T) {
	t.Helper()
	var config net.ListenConfig
	server, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		server.Close()
	})
	go func() {
		question := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(question)
			if err != nil {
				return
			}
			if answer, err := names.answer(question[:n]); err == nil {
				_, _ = server.WriteTo(answer, from)
			}
		}
	}()
}

func (r *resolver) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("not a question: %w", err)
	}
	m.Response, m.Authoritative, m.RecursionAvailable = true, true, true
	m.Additionals = nil
	asked := m.Questions[0]
	r.mu.Lock()
	l, known := r.lanes[strings.ToLower(asked.Name.String())]
	r.mu.Unlock()
	switch {
	case !known || l.lost.Load():
		m.RCode = dnsmessage.RCodeNameError
	case asked.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: asked.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
		}}
	}
	return m.Pack()
}

// tunnel takes TLS off before a proxy. Its certificate is one that this process
// trusts, or one of an authority that nobody knows.
type tunnel struct {
	address string
	foreign atomic.Bool
}

var trusted, untrusted tls.Certificate

// trust makes an authority that this process trusts, and those that it starts.
// It has to come before the first certificate is checked.
func trust(dir string) error {
	var authority []byte
	var err error
	if trusted, authority, err = certificate("trusted"); err != nil {
		return err
	}
	if untrusted, _, err = certificate("untrusted"); err != nil {
		return err
	}
	path := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(path, authority, 0o600); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", path)
}

// certificate makes one for loopback that is its own authority.
func certificate(name string) (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// dig443 opens a tunnel to a proxy.
func dig443(t *testing.T, to *proxy) *tunnel {
	t.Helper()
	tunnel := &tunnel{}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if tunnel.foreign.Load() {
			return &untrusted, nil
		}
		return &trusted, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	tunnel.address = listener.Addr().String()
	t.Cleanup(func() { listener.Close() })
	ctx := t.Context()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go carry(ctx, client, to.address)
		}
	}()
	return tunnel
}

func carry(ctx context.Context, client net.Conn, to string) {
	defer client.Close()
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	_, _ = io.Copy(client, server)
}
