// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"

	"winsock/spi"
)

// filtered runs a program of Python under rules and compares its output.
func filtered(t *testing.T, rules, program, want string) {
	t.Helper()
	c := Config{Layers: []string{spi.FormatPath("filter", spi.Options{"rule": rules})}}
	if got, _ := under(t, c, "python3", "-c", program); got != want {
		t.Errorf("the program says:\n%swant:\n%s", got, want)
	}
}

// TestRulesOfConnections: a program is denied and redirected, by its name,
// whether its sockets wait or not.
func TestRulesOfConnections(t *testing.T) {
	filtered(t, "allow not program python*; deny WSAENETUNREACH out port 7; redirect 127.0.0.1 out tcp to 192.0.2.7; "+
		"chain trace over trace out to 127.0.0.3; deny in from 127.0.0.2", `
import socket, errno
l = socket.create_server(("127.0.0.1", 0)); port = l.getsockname()[1]
def outcome(f):
    try: return f()
    except OSError as e: return errno.errorcode[e.errno]
s = socket.socket()
print(outcome(lambda: s.connect(("127.0.0.1", 7))))
s.connect(("192.0.2.7", port)); c, _ = l.accept()
s.send(b"ping"); print(c.recv(9), s.getpeername() == ("192.0.2.7", port))
s = socket.socket(); s.setblocking(False)
print(s.connect_ex(("127.0.0.1", 7)) == errno.ENETUNREACH)
l3 = socket.create_server(("127.0.0.3", 0))
s = socket.socket(); s.bind(("127.0.0.4", 0)); name = s.getsockname()
s.connect(l3.getsockname()); c, peer = l3.accept()
c.send(b"pong"); print(s.recv(9), peer == name == s.getsockname())
bad = socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.2", 0))
good = socket.create_connection(("127.0.0.1", port), 5)
c, peer = l.accept(); print(peer == good.getsockname())
print(outcome(lambda: bad.recv(1)))
`, "ENETUNREACH\nb'ping' True\nTrue\nb'pong' True\nTrue\nECONNRESET\n")
}

// TestRulesOfDatagrams: datagrams are judged both ways, also one that is only
// looked at, and with what goes along with it.
func TestRulesOfDatagrams(t *testing.T) {
	filtered(t, "deny in udp from 127.0.0.2; deny out udp port 7; drop out udp port 8; redirect 127.0.0.1 out udp to 192.0.2.7", `
import socket, errno
def bound(ip):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(50); s.bind((ip, 0)); return s
r, good, bad = bound("127.0.0.1"), bound("127.0.0.1"), bound("127.0.0.2")
r.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
to = r.getsockname()
for i in range(2):
    bad.sendto(b"bad", to); bad.sendto(b"worse", to); good.sendto(b"good", to)
    if i == 0: print(r.recvfrom(9, socket.MSG_PEEK)[0])
    d, control, _, f = r.recvmsg(9, 100); print(d, len(control), f == good.getsockname())
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(50)
try: s.sendto(b"x", ("127.0.0.1", 7))
except OSError as e: print(errno.errorcode[e.errno])
print(s.sendto(b"x", ("127.0.0.1", 8)))
asked = ("192.0.2.7", good.getsockname()[1])
s.sendto(b"question", asked); d, f = good.recvfrom(9); print(d)
good.sendto(b"answer", f); d, f = s.recvfrom(9); print(d, f == asked)
s.connect(asked); s.send(b"again"); print(good.recv(9), s.getpeername() == asked)
`, "b'good'\nb'good' 1 True\nb'good' 1 True\nEACCES\n1\nb'question'\nb'answer' True\nb'again' True\n")
}
