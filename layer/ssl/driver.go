// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"

	"winsock/internal/bounded"
	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/spi/layer"
	"winsock/wsa"
)

func init() {
	driver.Check = check // which looks into the driver itself
	spi.Register(driver)
}

// insecureWords are the words by which a rule gives up verification.
const insecureWords = "yes-i-know"

// versions are the words for the versions of TLS.
var versions = []string{"1.0", "1.1", "1.2", "1.3"}

var driver = &spi.Driver{
	Name:    "ssl",
	Summary: "secure sockets: TLS 1.2 and 1.3, on demand of the program (SO_SECURE) or by rules",
	Options: []spi.Option{
		{Key: "originate", Kind: spi.Text, List: "+", Help: "connections that are made TLS: PORTS, HOST or HOST:PORTS, several with + between; * is any"},
		{Key: "terminate", Kind: spi.Text, List: "+", Help: "listening sockets whose connections are TLS: PORTS or ADDRESS:PORTS, several with + between"},
		{Key: "cert", Kind: spi.File, Help: "certificate (PEM, with its chain): the server's for terminate, the client's for originate"},
		{Key: "key", Kind: spi.File, Help: "its key (PEM); none: it is in the same file"},
		{Key: "ca", Kind: spi.File, Help: "authorities (PEM) that vouch for servers, instead of the system's"},
		{Key: "client-ca", Kind: spi.File, Help: "authorities (PEM) that vouch for clients, which must then have a certificate"},
		{Key: "pin", Kind: spi.Text, List: ";", Help: "SHA-256 (hex or base64) of the public key or certificate that a server must have, several with ; between"},
		{Key: "sni", Kind: spi.Text, Help: "name of the server, instead of the one that the program looked up"},
		{Key: "alpn", Kind: spi.Text, List: "+", Help: "application protocols to agree on, such as h2, several with + between"},
		{Key: "min", Words: versions, Default: "1.2", Help: "lowest version"},
		{Key: "max", Words: versions, Default: "1.3", Help: "highest version"},
		{Key: "insecure", Words: []string{insecureWords}, Help: "originate without verification of the server"},
		{Key: "resume", Kind: spi.Bool, Default: "true", Help: "remember sessions, so that later handshakes are short ones"},
		{Key: "truncated", Kind: spi.Bool, Default: "false", Help: "take the end of a connection without TLS's own end for a proper one"},
		{Key: "keylog", Kind: spi.File, Help: "file for the secrets of connections, which makes captures readable (NSS key log)"},
		{Key: "reload", Kind: spi.Duration, Default: "1s", Help: "how often at most to look whether cert and key have changed; 0: never"},
		{Key: "timeout", Kind: spi.Duration, Default: "30s", Help: "limit of a handshake"},
	},
	Metrics: declared,
	Startup: startup,
}

// rules are what the options say.
type rules struct {
	originate, terminate []rule

	roots, clientRoots *x509.CertPool // nil: the system's
	pins               [][sha256.Size]byte
	insecure           bool
	certificate        *certificate // nil: none

	base     *tls.Config   // what all connections have in common
	client   *tls.Config   // of originate
	server   *tls.Config   // of terminate, nil without a certificate
	sessions *sessionCache // nil: none are remembered
}

// secure is what the sockets of a provider have in common.
type secure struct {
	*rules
	logger     *slog.Logger
	flags      uint32 // SSL_FLAG_ of new sockets
	timeout    time.Duration
	truncated  bool
	handshakes handshakes
	ending     layer.Ending // closed sockets that still send what they hold
}

// A provider opens the layer's sockets.
type provider struct {
	spi.Provider
	*secure
	keylog  *os.File
	release func()
}

// startup is WSPStartup. Whatever is wrong with the options is WSAEINVAL.
func startup(p *spi.StartupParams) (spi.Provider, error) {
	log := p.Log
	if log == nil {
		log = slog.Default()
	}
	x := &secure{logger: log}
	keylog, err := x.configure(p.Options, log)
	if err != nil {
		return nil, fmt.Errorf("ssl: %w: %w", err, wsa.WSAEINVAL)
	}
	own := &provider{secure: x, keylog: keylog, release: hostnames.Use()}
	own.Provider = layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
		if !layer.Stream(o) {
			return &layer.HandlePreserving{PassThrough: layer.PassThrough{Base: layer.Base{Socket: below}}}, nil
		}
		return x.newSocket(below, o), nil
	})
	return own, nil
}

// check tells what startup would refuse. It reads the certificates.
func check(o spi.Options) error {
	o = maps.Clone(o)
	delete(o, "keylog") // is opened for writing
	_, err := new(secure).configure(o, slog.New(slog.DiscardHandler))
	if err == nil {
		return nil
	}
	if key, text, found := strings.Cut(err.Error(), ": "); found && driver.Option(key) != nil {
		return spi.BadOption(driver.Name, key, "%s", text)
	}
	return fmt.Errorf("ssl: %w: %w", err, wsa.WSAEINVAL)
}

// Cleanup waits for what closed sockets still have to send.
func (p *provider) Cleanup() error {
	p.ending.Wait(2 * closeTimeout)
	err := p.Provider.Cleanup()
	p.release()
	if p.keylog != nil {
		_ = p.keylog.Close()
	}
	return err
}

// configure reads the options.
func (x *secure) configure(o spi.Options, log *slog.Logger) (keylog *os.File, err error) {
	r := &rules{}
	if o.Bool("resume") {
		r.sessions = newSessionCache()
	}
	x.rules = r
	if r.originate, err = parseRules(o.Text("originate")); err != nil {
		return nil, fmt.Errorf("originate: %w", err)
	}
	if r.terminate, err = parseRules(o.Text("terminate")); err != nil {
		return nil, fmt.Errorf("terminate: %w", err)
	}
	for i := range r.terminate {
		if r.terminate[i].names != "" {
			return nil, errors.New("terminate: a listening socket has an address and no name")
		}
	}
	if r.pins, err = parsePins(o.Text("pin")); err != nil {
		return nil, err
	}
	switch word := o.Text("insecure"); word {
	case "":
	case insecureWords:
		r.insecure = true
		log.Warn("servers are not verified, as option insecure says")
	default:
		return nil, fmt.Errorf("insecure: the only value is %s", insecureWords)
	}
	if r.roots, err = readPool(o.Text("ca")); err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	if r.clientRoots, err = readPool(o.Text("client-ca")); err != nil {
		return nil, fmt.Errorf("client-ca: %w", err)
	}
	if name := o.Text("cert"); name != "" {
		if r.certificate, err = openCertificate(name, o.Text("key"), o.Duration("reload"), log); err != nil {
			return nil, fmt.Errorf("cert: %w", err)
		}
	} else if o.Text("key") != "" {
		return nil, errors.New("key: there is no option cert")
	}
	if len(r.terminate) > 0 && r.certificate == nil {
		return nil, errors.New("terminate: a server needs option cert")
	}
	r.base = &tls.Config{NextProtos: splitList(o.Text("alpn")), SessionTicketsDisabled: r.sessions == nil}
	if r.base.MinVersion, err = parseVersion(o.Text("min"), tls.VersionTLS12); err != nil {
		return nil, fmt.Errorf("min: %w", err)
	}
	if r.base.MaxVersion, err = parseVersion(o.Text("max"), tls.VersionTLS13); err != nil {
		return nil, fmt.Errorf("max: %w", err)
	}
	if r.base.MinVersion > r.base.MaxVersion {
		return nil, errors.New("min: is above max")
	}
	if x.timeout = o.Duration("timeout"); x.timeout <= 0 {
		x.timeout = 30 * time.Second
	}
	x.truncated = o.Bool("truncated")
	if name := o.Text("keylog"); name != "" {
		if keylog, err = os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return nil, fmt.Errorf("keylog: %w", err)
		}
		r.base.KeyLogWriter = keylog
	}
	r.client = r.base.Clone()
	r.client.RootCAs = r.roots
	r.client.ServerName = o.Text("sni")
	if r.certificate != nil {
		r.client.GetClientCertificate = r.certificate.forServer
		r.server = r.base.Clone()
		r.server.GetCertificate = r.certificate.forClient
		if r.clientRoots != nil {
			r.server.ClientCAs, r.server.ClientAuth = r.clientRoots, tls.RequireAndVerifyClientCert
		}
	}
	return keylog, nil
}

// serverConfig is for connections that a rule makes secure ones.
func (x *rules) serverConfig() (*tls.Config, error) { return x.server, nil }

func parseVersion(text string, standard uint16) (uint16, error) {
	switch text {
	case "":
		return standard, nil
	case "1.0":
		return tls.VersionTLS10, nil
	case "1.1":
		return tls.VersionTLS11, nil
	case "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, fmt.Errorf("there is no version %q but 1.0, 1.1, 1.2 and 1.3", text)
}

// parsePins reads hashes.
func parsePins(text string) (pins [][sha256.Size]byte, err error) {
	for _, field := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",; \t\n", c) }) {
		field = strings.TrimPrefix(strings.TrimPrefix(field, "sha256/"), "sha256:")
		b, err := hex.DecodeString(strings.ReplaceAll(field, ":", ""))
		if err != nil {
			b, err = base64.StdEncoding.DecodeString(field)
		}
		if err != nil || len(b) != sha256.Size {
			return nil, fmt.Errorf("pin: %q is no SHA-256", field)
		}
		pins = append(pins, [sha256.Size]byte(b))
	}
	return pins, nil
}

// maxPool bounds a file of authorities, as the name may be that of anything.
// The one of a system has a quarter of a megabyte.
const maxPool = 16 << 20

// readPool reads authorities from a file; nil for none.
func readPool(name string) (*x509.CertPool, error) {
	if name == "" {
		return nil, nil
	}
	text, err := bounded.ReadFile(name, maxPool)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", name)
	}
	return pool, nil
}
