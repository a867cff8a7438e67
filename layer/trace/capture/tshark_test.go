// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"winsock/layer/trace/internal/readback"
)

// One file with every kind of conversation, read by tshark.
func TestTsharkReadsTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "all.pcapng")
	shark := readback.NewTshark(t, name)
	var file bytes.Buffer
	c := newClock()
	w := newTestWriter(t, &file)
	second := w.Interface("below@1/test", "another place", "")

	type conversation struct{ sent, received []byte }
	var want []conversation
	tcp := func(local, remote netip.AddrPort, localISN, remoteISN uint32, sent, received []byte, end func(*Stream)) {
		s := w.newStream(0, local, remote, "socket", localISN, remoteISN)
		s.Connecting(c.now())
		s.Connected(c.now())
		for i := 0; i < max(len(sent), len(received)); i += 70_000 {
			if p := sent[min(i, len(sent)):min(i+70_000, len(sent))]; len(p) > 0 {
				s.Sent(c.now(), Bytes(p), len(p), false)
			}
			if p := received[min(i, len(received)):min(i+70_000, len(received))]; len(p) > 0 {
				s.Received(c.now(), Bytes(p), len(p), false)
			}
		}
		end(s)
		s.Close(c.now())
		want = append(want, conversation{sent, received})
	}
	port := func(ap netip.AddrPort, n int) netip.AddrPort {
		return netip.AddrPortFrom(ap.Addr(), ap.Port()+uint16(n))
	}
	big := noise(2_500_000)
	tcp(port(local4, 0), remote4, 1, 1, []byte("GET"), []byte("OK"), func(s *Stream) { s.FinishReceiving(c.now()) })
	tcp(port(local6, 0), remote6, 1, 1, []byte("GET"), []byte("OK"), func(s *Stream) { s.FinishReceiving(c.now()) })
	tcp(port(local4, 1), remote4, 0xffffff00, 0xfffffff0, big, big[1:100_000], func(s *Stream) { s.FinishReceiving(c.now()) })
	tcp(port(local6, 1), remote6, 0xffffffff, 0xfff00000, big[:100_000], big, func(s *Stream) { s.FinishReceiving(c.now()) })
	tcp(port(local4, 2), remote4, 7, 8, []byte("x"), []byte("yz"), func(s *Stream) { s.ResetByRemote(c.now()) })
	tcp(port(local4, 3), remote4, 7, 8, []byte("x"), []byte("yz"), func(s *Stream) { s.Reset(c.now()) })
	tcp(port(local4, 4), remote4, 7, 8, []byte("question"), []byte("then the answer"), func(s *Stream) {
		s.FinishSending(c.now())
		s.Received(c.now(), Bytes(", late"), 6, false)
		s.FinishReceiving(c.now())
	})
	want[len(want)-1].received = []byte("then the answer, late")

	refused := w.NewStream(0, port(local4, 5), remote4, "")
	refused.Connecting(c.now())
	refused.Refused(c.now())
	refused.Close(c.now())

	urgent := w.NewStream(0, port(local4, 6), remote4, "")
	urgent.Accepted(c.now())
	urgent.Sent(c.now(), Bytes("ab!"), 3, true)
	urgent.Close(c.now())

	for i, ends := range [][2]netip.AddrPort{{local4, remote4}, {local6, remote6}} {
		d := Datagram{Interface: second, Local: ends[0], Remote: port(ends[1], i), Sent: true, Comment: "socket #9"}
		for _, p := range [][]byte{[]byte("ping"), {}, big[:65507]} {
			d.Time = c.now()
			w.Datagram(&d, Bytes(p), len(p))
		}
		d.Time, d.Sent, d.Comment = c.now(), false, ""
		w.Datagram(&d, Bytes("pong"), 4)
	}
	w.Close()
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}

	if n, ours := shark.CheckClean(), len(readback.ReadAll(t, file.Bytes())); n != ours {
		t.Errorf("tshark sees %d packets, gopacket %d", n, ours)
	}
	for i, conversation := range want {
		sent, received := shark.Follow("tcp", i)
		if !bytes.Equal(sent, conversation.sent) {
			t.Errorf("follow,tcp,raw,%d: %d bytes sent, want %d", i, len(sent), len(conversation.sent))
		}
		if !bytes.Equal(received, conversation.received) {
			t.Errorf("follow,tcp,raw,%d: %d bytes received, want %d", i, len(received), len(conversation.received))
		}
	}
	for i := range 2 {
		sent, received := shark.Follow("udp", i)
		if want := append([]byte("ping"), big[:65507]...); !bytes.Equal(sent, want) || string(received) != "pong" {
			t.Errorf("follow,udp,raw,%d: %d bytes sent and %q received, want %d and pong", i, len(sent), received, len(want))
		}
	}
	if rows := shark.Fields("tcp.flags.urg == 1", "tcp.urgent_pointer"); len(rows) != 1 || rows[0][0] != "3" {
		t.Errorf("urgent pointers %v, want one of 3", rows)
	}
	if rows := shark.Fields("udp", "frame.interface_name"); len(rows) != 8 || rows[0][0] != "below@1/test" {
		t.Errorf("interface of datagrams %v, want 8 of below@1/test", rows)
	}
	if rows := shark.Fields("tcp.stream == 0 && tcp.flags.syn == 1 && tcp.flags.ack == 0", "frame.comment", "frame.time_epoch"); len(rows) != 1 ||
		rows[0][0] != "socket" || rows[0][1] != "1709251200.000000000" {
		t.Errorf("comment and time of the first packet are %v", rows)
	}
}
