# SPDX-License-Identifier: Apache-2.0

# client.py HOW HOST PORT FILE fetches from a web server in one of several
# ways, and says "well".
import asyncio
import hashlib
import http.client
import socket
import sys
import threading
import urllib.request

how, host, port, file = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
with open(file, "rb") as f:
    payload = f.read()
url = "http://%s:%d" % (host, port)


def small(n):
    return b"%d " % n + b"x" * 300


def check(got, want, what):
    if got != want:
        sys.exit("%s: got %.200r, want %.200r" % (what, got, want))


def name(address):
    return "%s:%d" % address[:2]


def by_urllib():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url + "/file", timeout=60) as r:
        check(r.read(), payload, "file")
    request = urllib.request.Request(url + "/sum", data=payload, method="POST")
    with opener.open(request, timeout=60) as r:
        check(r.read().decode(), hashlib.sha256(payload).hexdigest(), "sum")
    try:
        opener.open(url + "/nothing", timeout=60)
    except urllib.error.HTTPError as e:
        check(e.code, 404, "nothing")


async def one(i):
    reader, writer = await asyncio.open_connection(host, port)
    check(writer.get_extra_info("peername")[:2], (host, port), "peername")
    writer.write(b"GET /peer HTTP/1.0\r\n\r\n" if i % 2 else b"GET /small?%d HTTP/1.0\r\n\r\n" % i)
    got = (await reader.read()).split(b"\r\n\r\n", 1)[1]
    check(got, name(writer.get_extra_info("sockname")).encode() if i % 2 else small(i), "asyncio %d" % i)
    writer.close()
    await writer.wait_closed()


async def by_asyncio():
    await asyncio.gather(*(one(i) for i in range(200)))


def by_threads():
    failed = []

    def work(k):
        try:
            for i in range(20):
                with socket.create_connection((host, port), timeout=60 if i % 2 else None) as s:
                    check(s.getpeername()[:2], (host, port), "getpeername")
                    s.sendall(b"GET /peer HTTP/1.0\r\n\r\n")
                    got = b""
                    while chunk := s.recv(1000):
                        got += chunk
                    check(got.split(b"\r\n\r\n", 1)[1].decode(), name(s.getsockname()), "peer")
        except BaseException as e:
            failed.append(repr(e))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        sys.exit("\n".join(failed))


def by_keepalive():
    c = http.client.HTTPConnection(host, port, timeout=60)
    c.connect()
    own = name(c.sock.getsockname())
    for i in range(200):
        c.request("GET", "/small?%d" % i)
        check(c.getresponse().read(), small(i), "small")
    c.request("GET", "/peer")
    check(c.getresponse().read().decode(), own, "peer")
    c.request("PUT", "/sum", body=payload)
    check(c.getresponse().read().decode(), hashlib.sha256(payload).hexdigest(), "sum")
    check(c.sock.getpeername()[:2], (host, port), "getpeername")
    c.close()


if how == "asyncio":
    asyncio.run(by_asyncio())
else:
    {"urllib": by_urllib, "threads": by_threads, "keepalive": by_keepalive}[how]()
print("well")
