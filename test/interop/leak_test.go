// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"winsock/spi"
)

// A machine whose only way out leads to another one, where the proxy is, and
// behind its address a web server and a name server. far.example is known there
// only. What passes between the two is captured.
const twoMachines = `
cd "$1"
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
unshare -n sleep 300 & there=$!
trap 'kill $(jobs -p)' EXIT
until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
far() { nsenter --net=/proc/$there/ns/net "$@"; }
await() { # a listener, by the name of its port in hexadecimal
	for i in $(seq 2000); do
		far grep -q "$1" /proc/net/tcp /proc/net/udp && return
		sleep 0.01
	done
	echo "nobody listens at $1" >&2; exit 1
}
ip link set lo up
ip link add out type veth peer name in netns /proc/$there/ns/net
ip addr add 10.9.9.2/24 dev out
ip link set out up
ip route add default via 10.9.9.1
far ip link set lo up
far ip addr add 10.9.9.1/24 dev in
far ip addr add 203.0.113.1/32 dev lo
far ip link set in up
echo "two machines" >&2
echo "127.0.0.1 localhost" > near; mount --bind near /etc/hosts
echo "203.0.113.1 far.example" > hosts
far unshare -m sh -c 'mount --bind hosts /etc/hosts; exec danted -f danted.conf -p pid' &
far python3 -m http.server -b 203.0.113.1 -d site 8000 >web 2>&1 &
far python3 names.py &
await "0109090A:0438 .* 0A "
await "0171 *.*:1F40 .* 0A \|017100CB:1F40 .* 0A "
await "017100CB:14E9 "
tshark -q -i out -w packets 2>said & capture=$!
until grep -q "Capturing on" said; do sleep 0.01; done
until [ -s packets ]; do sleep 0.01; done
"${@:2}" || failed=$?
# What does go past the proxy is seen, and is the last that is.
for i in $(seq 200); do
	echo past > /dev/udp/203.0.113.99/9
	sleep 0.1
	if tshark -r packets -Y "ip.addr == 203.0.113.99" 2>/dev/null | grep -q .; then break; fi
done
kill -INT $capture; wait $capture || true
exit ${failed:-0}
`

const farConfig = `logoutput: log
internal: 10.9.9.1 port = 1080
external: 203.0.113.1
user.unprivileged: root
clientmethod: none
socksmethod: none
client pass { from: 10.9.9.0/24 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect udpassociate udpreply }
`

// A name server that has one answer to all that asks for addresses of IPv4.
const farNames = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("203.0.113.1", 5353))
while True:
    q, a = s.recvfrom(1000)
    end = q.index(0, 12) + 5
    s.sendto(q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + q[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xcb\0\x71\7", a)
`

// TestNoPacketPast: of curl, git, a static Go program, and look-ups by UDP under
// winsock run, no packet goes past the proxy.
func TestNoPacketPast(t *testing.T) {
	for _, program := range []string{"unshare", "nsenter", "ip", "mount", "bash", "python3", "curl", "git", "dig"} {
		need(t, program)
	}
	tshark := need(t, "tshark")
	find(t, "danted")
	static, err := client()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Rename(site(t), filepath.Join(dir, "site")); err != nil {
		t.Fatal(err)
	}
	programs := `
set -e
[ "$(curl -gsS --max-time 60 http://far.example:8000/page)" = good ]
echo curl
[ "$(` + static + ` http://far.example:8000/page)" = good ]
echo static
git clone -q http://far.example:8000/repo.git clone && [ "$(cat clone/file)" = good ]
echo git
[ "$(dig +notcp +short +tries=5 @203.0.113.1 -p 5353 www.example A)" = 203.0.113.7 ]
echo dig
case "$(dig +notcp +short @203.0.113.1 far.example A)" in 198.1[89].*) echo names;; esac
`
	for name, text := range map[string]string{"danted.conf": farConfig, "names.py": farNames, "two": twoMachines, "programs": programs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	layer := spi.FormatPath("socks", spi.Options{"server": "socks5://10.9.9.1"})
	// As root in the namespaces.
	c := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"bash", "-e", filepath.Join(dir, "two"), dir, shared.winsock, "run", "--layer", layer, "--", "bash", filepath.Join(dir, "programs"))
	c.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil && !strings.Contains(said.String(), "two machines") {
		t.Skipf("there are no namespaces, or no networks in them: %v\n%s", err, &said)
	}
	if want := "curl\nstatic\ngit\ndig\nnames\n"; string(out) != want || err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Fatalf("output %q, %v; want %q\n%s\n%s", out, err, want, &said, log)
	}
	packets := func(filter string) string {
		return run(t, tshark, "-r", filepath.Join(dir, "packets"), "-Y", filter)
	}
	if past := packets("!arp && !icmpv6 && !(ip.addr == 10.9.9.1) && !(ip.addr == 203.0.113.99)"); past != "" {
		t.Errorf("these have gone past the proxy:\n%s", past)
	}
	for _, filter := range []string{"ip.addr == 203.0.113.99", "ip.addr == 10.9.9.1 && tcp.port == 1080", "ip.addr == 10.9.9.1 && udp"} {
		if packets(filter) == "" {
			t.Errorf("there are no packets with %s", filter)
		}
	}
}
