// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const (
	// FlushInterval is how long a packet stays in memory at most.
	FlushInterval = time.Second

	// blockRoom is how many bytes are gathered before they are written.
	blockRoom = 64 << 10
)

// A Writer makes one pcapng section. It may be used by several goroutines.
//
// What it hands to the underlying writer always ends at the end of a packet,
// so a file whose program died is whole up to its last second.
type Writer struct {
	mu      sync.Mutex // protects what follows, the packer's buffers and all streams
	out     io.Writer
	ng      *pcapgo.NgWriter // nil before the first interface
	info    pcapgo.NgSectionInfo
	block   bytes.Buffer   // whole blocks not yet written
	ifaces  map[string]int // by name, place and description
	places  []string       // of the interfaces
	pairs   map[pair]*Stream
	packer  packer
	last    time.Time // of the latest packet
	timer   *time.Timer
	pending bool // timer will flush
	err     error
	failed  func(error)
}

// NewWriter returns a writer whose section names the application and has the
// comment. When out fails, failed is called once with the error (unless it
// is nil), and all further packets are dropped: a capture does not disturb
// what it captures. failed must not call the writer.
func NewWriter(out io.Writer, application, comment string, failed func(error)) *Writer {
	return &Writer{
		out: out,
		info: pcapgo.NgSectionInfo{
			Application: application,
			Comment:     comment,
			Hardware:    runtime.GOARCH,
			OS:          runtime.GOOS,
		},
		ifaces: make(map[string]int),
		pairs:  make(map[pair]*Stream),
		packer: newPacker(),
		failed: failed,
	}
}

// Interface returns the number of the interface of that name, which packets
// then refer to. The first call adds it to the file, with a description that
// says where the packets are seen and by whom; "" leaves a part out.
//
// Interfaces of one place see the same connections, see [Writer.NewStream].
func (w *Writer) Interface(name, place, by string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.interfaceLocked(name, place, by)
}

func (w *Writer) interfaceLocked(name, place, by string) int {
	key := name + "\x00" + place + "\x00" + by
	if id, ok := w.ifaces[key]; ok {
		return id
	}
	description := place
	if place != "" && by != "" {
		description += "; "
	}
	description += by
	intf := pcapgo.NgInterface{
		Name:                name,
		Description:         description,
		OS:                  runtime.GOOS,
		LinkType:            layers.LinkTypeRaw,
		TimestampResolution: 9,
	}
	id, err := 0, error(nil)
	if w.ng == nil {
		w.ng, err = pcapgo.NewNgWriterInterface(&w.block, intf, pcapgo.NgWriterOptions{SectionInfo: w.info})
	} else {
		id, err = w.ng.AddInterface(intf)
	}
	if err == nil {
		err = w.ng.Flush()
	}
	w.failLocked(err)
	w.ifaces[key] = id
	w.places = append(w.places, place)
	w.dirtyLocked()
	return id
}

// Flush writes what is in memory.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flushLocked()
}

// Close flushes and stops the writer's timer. The underlying writer is the
// caller's to close. Packets of streams that still live are dropped. A
// section without packets has one interface, as readers expect.
func (w *Writer) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ng == nil && w.err == nil {
		w.interfaceLocked("none", "", "nothing was captured")
	}
	w.flushLocked()
	w.failed = nil
	w.failLocked(io.ErrClosedPipe)
	if w.timer != nil {
		w.timer.Stop()
	}
}

// packetLocked adds a packet. Times never go backwards in a file, as
// streams report a connection's beginning once they know its addresses.
func (w *Writer) packetLocked(t time.Time, iface int, data []byte, options pcapgo.NgPacketOptions) {
	if w.err != nil || w.ng == nil {
		return
	}
	if t.Before(w.last) {
		t = w.last
	}
	w.last = t
	err := w.ng.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp:      t,
		CaptureLength:  len(data),
		Length:         len(data),
		InterfaceIndex: iface,
	}, data, options)
	if err == nil {
		err = w.ng.Flush()
	}
	w.failLocked(err)
	if w.block.Len() >= blockRoom {
		w.flushLocked()
	}
	w.dirtyLocked()
}

func (w *Writer) dirtyLocked() {
	if w.pending || w.err != nil || w.block.Len() == 0 {
		return
	}
	w.pending = true
	if w.timer == nil {
		w.timer = time.AfterFunc(FlushInterval, w.flushDue)
	} else {
		w.timer.Reset(FlushInterval)
	}
}

func (w *Writer) flushDue() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = false
	w.flushLocked()
}

func (w *Writer) flushLocked() {
	if w.err != nil || w.block.Len() == 0 {
		return
	}
	_, err := w.out.Write(w.block.Bytes())
	w.block.Reset()
	w.failLocked(err)
}

func (w *Writer) failLocked(err error) {
	if err == nil || w.err != nil {
		return
	}
	w.err = err
	if w.failed != nil {
		w.failed(err)
	}
}
