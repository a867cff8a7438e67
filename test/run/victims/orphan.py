# SPDX-License-Identifier: Apache-2.0

# orphan.py HOST PORT waits in accept while its supervisor is killed, and says
# how its calls fail then. An accept that the kernel has already may go on.
import errno
import os
import socket
import sys
import threading

server = (sys.argv[1], int(sys.argv[2]))
open_one = socket.create_connection(server)
listener = socket.create_server(("127.0.0.1", 0))


def result(what, call):
    try:
        call()
        print(what, "well", flush=True)
    except OSError as e:
        print(what, errno.errorcode.get(e.errno, e.errno), flush=True)


waiting = threading.Thread(target=result, args=("accept", listener.accept))
waiting.start()
print("ready", listener.getsockname()[1], flush=True)
sys.stdin.readline()
result("connect", lambda: socket.create_connection(server, timeout=30))
result("files", lambda: os.listdir("/"))
waiting.join()
