// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"log/slog"

	"winsock/spi"
	"winsock/wsa"
)

func init() { spi.Register(driver) }

var driver = &spi.Driver{
	Name:    "trace",
	Summary: "logs the calls that pass, and captures what they carry for Wireshark",
	Options: []spi.Option{
		{Key: "log", Kind: spi.File, Help: `file for a line per call; "-" or "stderr" is standard error; none: no log`},
		{Key: "format", Words: []string{"text", "json"}, Default: "text", Help: "form of the log; json is one object per line"},
		{Key: "calls", Words: []string{"all", "control", "data"}, Default: "all", Help: "which calls to log; data is send and receive"},
		{Key: "data", Kind: spi.Size, Default: "0", Help: "bytes of payload to log of each send and receive"},
		{Key: "capture", Kind: spi.File, Help: "pcapng file for TCP and UDP traffic; none: no capture"},
		{Key: "append", Kind: spi.Bool, Default: "false", Help: "add to existing files instead of emptying them"},
		{Key: "tag", Kind: spi.Text, Default: "trace", Help: "name of this place, shown in log and capture"},
	},
	Startup: startup,
}

// startup is WSPStartup. Options that make no sense are WSAEINVAL; files
// that cannot be opened are reported and left out.
func startup(p *spi.StartupParams) (spi.Provider, error) {
	log := p.Log
	if log == nil {
		log = slog.Default()
	}
	t := &tracer{tag: p.Options.Text("tag"), place: p.Place, dataMax: int(min(p.Options.Size("data"), maxLoggedData))}
	if t.tag == "" {
		t.tag = "trace"
	}
	switch format := p.Options.Text("format"); format {
	case "", "text":
	case "json":
		t.json = true
	default:
		return nil, fmt.Errorf("trace: option format=%s: want text or json: %w", format, wsa.WSAEINVAL)
	}
	var control, data bool
	switch calls := p.Options.Text("calls"); calls {
	case "", "all":
		control, data = true, true
	case "control":
		control = true
	case "data":
		data = true
	default:
		return nil, fmt.Errorf("trace: option calls=%s: want all, control or data: %w", calls, wsa.WSAEINVAL)
	}
	keep := p.Options.Bool("append")
	if name := p.Options.Text("log"); name != "" {
		sink, err := openLog(name, keep, log)
		if err != nil {
			log.Error("the log cannot be opened; calls are not logged", "error", err)
		} else {
			t.sink, t.logControl, t.logData = sink, control, data
		}
	}
	if name := p.Options.Text("capture"); name != "" {
		file, err := openCapture(name, keep, log)
		if err != nil {
			log.Error("the capture cannot be opened; nothing is captured", "error", err)
		} else {
			t.capture = file
			t.where = fmt.Sprintf("winsock layer %q, place %d of %q", t.tag, p.Place, p.Info.Name)
		}
	}
	if t.sink == nil && t.capture == nil {
		return absent{}, nil
	}
	return &provider{tracer: t}, nil
}

// maxLoggedData bounds option data, as a line is built in memory.
const maxLoggedData = 1 << 20
