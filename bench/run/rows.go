// SPDX-License-Identifier: Apache-2.0

package main

// rows is the report's contents.
func rows() (list []row) {
	add := func(w workload, s side, aim string) { list = append(list, row{w, s, native, aim}) }
	chains := func(w workload, aims [3]string) {
		for i, s := range []side{empty, preserving, passing} {
			add(w, s, aims[i])
		}
	}

	for _, w := range []workload{iperf("bulk, sending"), iperf("bulk, receiving", "-R")} {
		chains(w, [3]string{"0.99", "0.99", "0.5"})
		add(w, traceControl, "0.99")
		add(w, three, "")
	}

	add(loop("a call that is answered", "getpeername", "echo"), preserving, "10 us")
	add(loop("a call that is let go", "so-error", "echo"), preserving, "10 us")
	add(loop("a call that is not seen", "getsockopt", "echo"), preserving, "1 us")

	for _, w := range []workload{
		loop("connect and close", "connect", "drop"),
		loop("connect, poll and close", "connect-nonblocking", "drop"),
	} {
		chains(w, [3]string{"", "0.67", "0.1"})
	}

	request := loop("connect, request and close", "request", "once")
	chains(request, [3]string{"", "", ""})
	add(request, proxychains, "")
	for _, s := range []side{preserving, passing} {
		list = append(list, row{request, s, proxychains, ""})
	}
	list = append(list, row{request, socks, proxychains, "1"})
	list = append(list, row{iperf("bulk, receiving", "-R"), socks, proxychains, "1"})

	echo := loop("64-byte round trip", "echo", "echo")
	for _, s := range []side{native, empty, preserving, passing, three} {
		add(echo, s, "")
	}

	chains(loop("connected datagrams, 64-byte round trip", "datagram", "datagram"), [3]string{"", "", ""})
	chains(loop("datagrams by sendto, 64-byte round trip", "datagram-to", "datagram"), [3]string{"", "", ""})

	chains(nginx("HTTP, keep-alive", bound), [3]string{"0.95", "0.95", ""})
	chains(nginx("HTTP, a connection each", "", "-H", "Connection: close"), [3]string{"", "", ""})

	for _, s := range []side{empty, passing} {
		add(compile("compiling"), s, "1.00")
	}
	for _, s := range []side{commandEmpty, commandTrace, passing} {
		add(start("starting a program"), s, "")
	}
	return list
}
