// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"winsock/internal/bounded"
	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

func init() { spi.Register(driver) }

var driver = &spi.Driver{
	Name:    "fault",
	Summary: "makes networks bad: latency, loss, resets, errors; steered by rules or over HTTP",
	Options: []spi.Option{
		{Key: "name", Kind: spi.Text, Default: "fault", Help: "name of this place in the log and the API; layers with one name are one place"},
		{Key: "toxics", Kind: spi.Text, List: ";", First: "type", Help: `faults, separated by ";", such as "latency latency=100 jitter=20; drop toxicity=0.1"`},
		{Key: "script", Kind: spi.File, Help: "file with faults, one a line"},
		{Key: "seed", Kind: spi.Int, Default: "1", Help: "number that decides all chance"},
		{Key: "log", Kind: spi.File, Help: "file to which every decision is added"},
		{Key: "replay", Kind: spi.File, Help: "log of an earlier run whose decisions are taken again"},
		{Key: "listen", Kind: spi.Text, Help: "address of the API: 127.0.0.1:PORT, or unix:FILE; none: no API"},
		{Key: "upstream", Kind: spi.Text, Help: "what the API tells as the upstream of this place"},
	},
	Check:   check,
	Metrics: declared,
	Startup: startup,
}

// startup is WSPStartup. Whatever is wrong with the options is WSAEINVAL.
func startup(p *spi.StartupParams) (spi.Provider, error) { return start(p, bucket.Real) }

func start(p *spi.StartupParams, clock bucket.Clock) (spi.Provider, error) {
	f, err := newProvider(p, clock)
	if err != nil {
		return nil, fmt.Errorf("fault: %v: %w", err, wsa.WSAEINVAL)
	}
	return f, nil
}

func newProvider(p *spi.StartupParams, clock bucket.Clock) (*provider, error) {
	o := p.Options
	s := &setup{name: o.Text("name"), listen: o.Text("listen"), upstream: o.Text("upstream"), seed: uint64(o.Int("seed")),
		log: o.Text("log"), replay: o.Text("replay"), clock: clock}
	if s.name == "" {
		s.name = "fault"
	}
	var err error
	if s.toxics, err = toxicsOf(o); err != nil {
		return nil, err
	}
	s.dynamic = s.listen != ""
	log := p.Log
	if log == nil {
		log = slog.Default()
	}
	f := &provider{log: log}
	if f.place, err = open(s); err != nil {
		return nil, err
	}
	if s.listen != "" {
		if f.server, err = serve(s.listen, f.place, log); err != nil {
			f.place.release()
			return nil, fmt.Errorf("option listen=%s: %v", s.listen, err)
		}
	}
	f.calls = layer.NewProvider(p, f.place.wrapCalls)
	f.streams = layer.NewProvider(p, f.wrapStream)
	f.datagrams = layer.NewProvider(p, f.wrapDatagram)
	return f, nil
}

// toxicsOf reads the options for toxics.
func toxicsOf(o spi.Options) ([]*toxic, error) {
	text := o.Text("toxics")
	if file := o.Text("script"); file != "" {
		if text != "" {
			return nil, fmt.Errorf("only one of the options toxics and script can be given")
		}
		return readScript(file)
	}
	return parseScript(text)
}

// maxScript bounds a script, as the name may be that of anything.
const maxScript = 1 << 20

// readScript reads toxics from a file. A comment goes to the end of its line.
func readScript(name string) (all []*toxic, err error) {
	text, err := bounded.ReadFile(name, maxScript)
	if err != nil {
		return nil, fmt.Errorf("option script: %v", err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		if all, err = addRules(all, line); err != nil {
			return nil, fmt.Errorf("line %d: %s", n, err.(*scriptError).text)
		}
	}
	return all, nil
}

// check tells what startup would refuse of the toxics.
func check(o spi.Options) error {
	_, err := toxicsOf(o)
	switch {
	case err == nil:
		return nil
	case o.Text("toxics") == "":
		return spi.BadOption("fault", "script", "%v", err)
	}
	wrong := spi.BadOption("fault", "toxics", "%v", err)
	var script *scriptError
	if errors.As(err, &script) {
		wrong.Item, wrong.Text = script.rule, script.text
	}
	return wrong
}

// A provider opens sockets that stand on those of the inner layers: calls
// fail on top, data below.
type provider struct {
	place     *place
	log       *slog.Logger
	server    *server
	calls     spi.Provider
	streams   spi.Provider
	datagrams spi.Provider
	ending    layer.Ending // closed streams that still send what they hold
}

// Socket opens a socket with faults.
func (f *provider) Socket(o *spi.Opening) (spi.Socket, error) {
	for _, t := range f.place.toxics() {
		if t.Type == "error" && t.text("call") == "WSPSocket" &&
			f.place.opened.struck(f.place.toxics(), t, f.place.chance('s', f.place.number.Add(1), upstream)) {
			f.place.log.note("# WSPSocket answers %s by %s", t.errno.Name(), t.Name)
			return nil, t.errno.Err()
		}
	}
	datagram := layer.Datagram(o)
	concern := f.place.concerns()
	if datagram && !concern.datagrams || !datagram && !(layer.Stream(o) && (concern.streams || concern.connects)) {
		return f.calls.Socket(o)
	}
	inner, below := f.streams, o.Next
	if datagram {
		inner = f.datagrams
	}
	own := *o
	own.Next = func(o *spi.Opening) (spi.Socket, error) {
		lower := *o
		lower.Next = below
		return inner.Socket(&lower)
	}
	return f.calls.Socket(&own)
}

// Cleanup waits for closed connections and ends the API.
func (f *provider) Cleanup() error {
	err := f.calls.Cleanup()
	for _, p := range []spi.Provider{f.streams, f.datagrams} {
		if e := p.Cleanup(); err == nil {
			err = e
		}
	}
	f.ending.Wait(2 * closeTimeout)
	f.place.teller.CompareAndSwap(f, nil)
	f.server.leave(f.place)
	f.place.release()
	return err
}
