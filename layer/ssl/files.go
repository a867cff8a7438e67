// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A certificate is one in files, with its key. It is read again when they
// have changed; while what they hold is no good, the old one stays.
type certificate struct {
	cert, key string
	every     time.Duration // how often at most to look; 0: never
	log       *slog.Logger

	mu     sync.Mutex // protects what follows
	looked time.Time
	stamp  [2]stamp
	have   *tls.Certificate
}

// A stamp is what tells that a file has changed.
type stamp struct {
	time time.Time
	size int64
}

// openCertificate reads a certificate. The key may be in the same file.
func openCertificate(cert, key string, every time.Duration, log *slog.Logger) (*certificate, error) {
	if key == "" {
		key = cert
	}
	c := &certificate{cert: cert, key: key, every: every, log: log}
	if err := c.readLocked(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *certificate) stampLocked() (s [2]stamp, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

func (c *certificate) readLocked() error {
	c.looked = time.Now()
	s, err := c.stampLocked()
	if err != nil {
		return err
	}
	if c.have != nil && s == c.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	c.stamp = s // a bad one is complained of once
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.cert, c.key, err)
	}
	c.have = &pair
	return nil
}

// current returns the certificate.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.every > 0 && time.Since(c.looked) >= c.every {
		if err := c.readLocked(); err != nil {
			c.log.Error("the old certificate stays", "err", err)
		}
	}
	return c.have
}

// forClient gives the certificate to a client that connects.
func (c *certificate) forClient(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current(), nil
}

// forServer gives the certificate to a server that asks for one, if it takes
// such a one.
func (c *certificate) forServer(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	have := c.current()
	if err := info.SupportsCertificate(have); err != nil {
		c.log.Info("the server does not take the client certificate", "err", err)
		return new(tls.Certificate), nil
	}
	return have, nil
}
