# SPDX-License-Identifier: Apache-2.0

# server.py KIND HOST PORT is an echo server that tells each client the
# client's name and its own. It has a thread or a process for each client, or
# a loop.
import asyncio
import socketserver
import sys

kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])


def line(peer, own):
    return ("%s:%d %s:%d\n" % (peer[:2] + own[:2])).encode()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        if self.request.getpeername() != self.client_address:
            sys.exit("accept and getpeername differ")
        self.request.sendall(line(self.client_address, self.request.getsockname()))
        while data := self.request.recv(5000):
            self.request.sendall(data)


async def serve(reader, writer):
    writer.write(line(writer.get_extra_info("peername"), writer.get_extra_info("sockname")))
    while data := await reader.read(5000):
        writer.write(data)
        await writer.drain()
    writer.close()


async def loop():
    async with await asyncio.start_server(serve, host, port) as s:
        await s.serve_forever()


if kind == "asyncio":
    asyncio.run(loop())
else:
    base = {"threads": socketserver.ThreadingTCPServer, "processes": socketserver.ForkingTCPServer}[kind]
    base.allow_reuse_address = True
    base.request_queue_size = 50
    with base((host, port), Handler) as s:
        s.serve_forever()
