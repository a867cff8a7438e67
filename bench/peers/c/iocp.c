/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A server on a completion port in C for Windows: WSARecv, WSASend and
 * AcceptEx, overlapped, and workers in GetQueuedCompletionStatusEx. It is
 * built by mingw-w64 and run by Wine; its command line is that of the others
 * (peer.h), and -k uses FILE_SKIP_COMPLETION_PORT_ON_SUCCESS.
 */
#define _WIN32_WINNT 0x0602
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENTRIES = 256,
	ACCEPTS = 32,   /* posted at once */
	DATAGRAMS = 64, /* receives posted at once on the UDP socket */
	TURNS = 64,     /* operations in a row that end at once, before others get theirs */
	ADDRESS = sizeof(struct sockaddr_in) + 16,
};

enum mode { MODE_ECHO, MODE_SINK, MODE_SOURCE, MODE_CHURN, MODE_UDP, MODE_FILE };

static struct {
	enum mode mode;
	DWORD buffer;
	DWORD workers;
	DWORD seconds;
	int skip;
	HANDLE file;
} options = {.buffer = 4096, .workers = 1, .seconds = 600};

static HANDLE port;
static SOCKET listener;
static LPFN_ACCEPTEX accept_ex;
static LPFN_TRANSMITFILE transmit_file;

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "%s: error %lu\n", what, GetLastError());
	ExitProcess(1);
}

/* An operation is the one that a connection, an accept, or a receive on the
 * UDP socket has under way. */
struct operation {
	OVERLAPPED overlapped;
	enum { ACCEPTING, RECEIVING, SENDING } kind;
	SOCKET socket;
	WSABUF buf;
	struct sockaddr_in from;
	int from_len;
	char data[];
};

static struct operation *new_operation(SOCKET s, size_t size)
{
	struct operation *op = calloc(1, sizeof *op + size);
	if (op == NULL)
		die("calloc");
	op->socket = s;
	return op;
}

static SOCKET new_socket(int type)
{
	SOCKET s = WSASocketW(AF_INET, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
	if (s == INVALID_SOCKET)
		die("WSASocket");
	return s;
}

static void associate(SOCKET s, int skip)
{
	if (CreateIoCompletionPort((HANDLE)s, port, 0, 0) == NULL)
		die("CreateIoCompletionPort");
	if (skip && !SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
		die("SetFileCompletionNotificationModes");
}

/* What the call that began an operation has told. */
enum begun { PENDING, ENDED, FAILED };

static enum begun begun(int result)
{
	if (result == 0)
		return options.skip ? ENDED : PENDING;
	return WSAGetLastError() == WSA_IO_PENDING ? PENDING : FAILED;
}

static enum begun receive(struct operation *op, DWORD *n)
{
	DWORD flags = 0;
	memset(&op->overlapped, 0, sizeof op->overlapped);
	op->kind = RECEIVING;
	op->buf.buf = op->data;
	op->buf.len = options.buffer;
	op->from_len = sizeof op->from;
	if (options.mode == MODE_UDP)
		return begun(WSARecvFrom(op->socket, &op->buf, 1, n, &flags, (struct sockaddr *)&op->from, &op->from_len, &op->overlapped, NULL));
	return begun(WSARecv(op->socket, &op->buf, 1, n, &flags, &op->overlapped, NULL));
}

static enum begun send_bytes(struct operation *op, DWORD count, DWORD *n)
{
	memset(&op->overlapped, 0, sizeof op->overlapped);
	op->kind = SENDING;
	op->buf.buf = op->data;
	op->buf.len = count;
	if (options.mode == MODE_UDP)
		return begun(WSASendTo(op->socket, &op->buf, 1, n, 0, (struct sockaddr *)&op->from, op->from_len, &op->overlapped, NULL));
	return begun(WSASend(op->socket, &op->buf, 1, n, 0, &op->overlapped, NULL));
}

/* send_file is an operation that ends when the whole file is sent. */
static enum begun send_file(struct operation *op)
{
	memset(&op->overlapped, 0, sizeof op->overlapped);
	op->kind = SENDING;
	BOOL ok = transmit_file(op->socket, options.file, 0, 0, &op->overlapped, NULL, 0);
	return begun(ok ? 0 : -1);
}

static void hang_up(struct operation *op)
{
	closesocket(op->socket);
	free(op);
}

/* next begins what follows after n bytes were transferred. */
static enum begun next(struct operation *op, DWORD n, DWORD *transferred)
{
	if (options.mode == MODE_UDP && op->kind == RECEIVING && n > 0)
		return send_bytes(op, n, transferred);
	if (options.mode == MODE_UDP)
		return receive(op, transferred);
	if (n == 0 || options.mode == MODE_FILE)
		return FAILED; /* the connection has ended */
	if (options.mode == MODE_SOURCE)
		return send_bytes(op, options.buffer, transferred);
	if (options.mode == MODE_SINK || op->kind == SENDING)
		return receive(op, transferred);
	return send_bytes(op, n, transferred);
}

static void go_on(struct operation *op, DWORD n)
{
	for (int turn = 0; turn < TURNS; turn++) {
		DWORD transferred = 0;
		switch (next(op, n, &transferred)) {
		case PENDING:
			return;
		case FAILED:
			if (options.mode == MODE_UDP) { /* an error of an earlier send */
				op->kind = SENDING;
				break;
			}
			hang_up(op);
			return;
		case ENDED:
			n = transferred;
			break;
		}
	}
	if (!PostQueuedCompletionStatus(port, n, 0, &op->overlapped))
		die("PostQueuedCompletionStatus");
}

static void post_accept(struct operation *op)
{
	DWORD n;
	memset(&op->overlapped, 0, sizeof op->overlapped);
	op->kind = ACCEPTING;
	op->socket = new_socket(SOCK_STREAM);
	if (!accept_ex(listener, op->socket, op->data, 0, ADDRESS, ADDRESS, &n, &op->overlapped) &&
	    WSAGetLastError() != WSA_IO_PENDING)
		die("AcceptEx");
}

static void admit(SOCKET s)
{
	if (options.mode == MODE_CHURN) {
		closesocket(s);
		return;
	}
	BOOL on = TRUE;
	setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on);
	associate(s, options.skip);
	struct operation *op = new_operation(s, options.buffer);
	DWORD n = 0;
	enum begun b;
	if (options.mode == MODE_FILE)
		b = send_file(op);
	else if (options.mode == MODE_SOURCE)
		b = send_bytes(op, options.buffer, &n);
	else
		b = receive(op, &n);
	if (b == ENDED)
		go_on(op, n);
	else if (b == FAILED)
		hang_up(op);
}

/* failed tells whether the status in an entry is that of an error. It is an
 * NTSTATUS of 32 bits, whatever the upper half of the field holds. */
static int failed(const OVERLAPPED_ENTRY *e)
{
	return (LONG)e->Internal < 0;
}

static void ended(const OVERLAPPED_ENTRY *e)
{
	struct operation *op = CONTAINING_RECORD(e->lpOverlapped, struct operation, overlapped);
	if (op->kind == ACCEPTING) {
		SOCKET s = op->socket;
		int unusable = failed(e);
		post_accept(op);
		if (unusable)
			closesocket(s);
		else
			admit(s);
		return;
	}
	go_on(op, failed(e) ? 0 : e->dwNumberOfBytesTransferred);
}

static DWORD WINAPI work(void *unused)
{
	OVERLAPPED_ENTRY entries[ENTRIES];
	(void)unused;
	for (;;) {
		ULONG n;
		if (!GetQueuedCompletionStatusEx(port, entries, ENTRIES, &n, INFINITE, FALSE))
			die("GetQueuedCompletionStatusEx");
		for (ULONG i = 0; i < n; i++)
			ended(&entries[i]);
	}
	return 0;
}

/* end_by_itself is a thread that ends the process if nobody else does. */
static DWORD WINAPI end_by_itself(void *unused)
{
	(void)unused;
	Sleep(options.seconds * 1000);
	ExitProcess(1);
	return 0;
}

static void load_extension(GUID guid, void *function)
{
	DWORD n;
	if (WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, function, sizeof(void *), &n, NULL, NULL) != 0)
		die("SIO_GET_EXTENSION_FUNCTION_POINTER");
}

static void usage(void)
{
	fputs("usage: iocp -m echo|sink|source|churn|udp|file [-b bytes] [-w workers] [-t seconds] [-f file] [-k]\n", stderr);
	ExitProcess(2);
}

static enum mode parse_mode(const char *name)
{
	static const char *const names[] = {"echo", "sink", "source", "churn", "udp", "file"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum mode)i;
	usage();
	return MODE_ECHO;
}

static void parse_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *flag = argv[i];
		if (strcmp(flag, "-k") == 0) {
			options.skip = 1;
			continue;
		}
		if (++i == argc)
			usage();
		if (strcmp(flag, "-m") == 0)
			options.mode = parse_mode(argv[i]);
		else if (strcmp(flag, "-b") == 0)
			options.buffer = (DWORD)atol(argv[i]);
		else if (strcmp(flag, "-w") == 0)
			options.workers = (DWORD)atol(argv[i]);
		else if (strcmp(flag, "-t") == 0)
			options.seconds = (DWORD)atol(argv[i]);
		else if (strcmp(flag, "-f") == 0) {
			options.file = CreateFileA(argv[i], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
			if (options.file == INVALID_HANDLE_VALUE)
				die(argv[i]);
		} else
			usage();
	}
	if (options.buffer == 0 || options.workers == 0 || (options.mode == MODE_FILE) != (options.file != NULL))
		usage();
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	if (CreateThread(NULL, 0, end_by_itself, NULL, 0, NULL) == NULL)
		die("CreateThread");
	WSADATA data;
	if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
		die("WSAStartup");
	if ((port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, options.workers)) == NULL)
		die("CreateIoCompletionPort");
	listener = new_socket(options.mode == MODE_UDP ? SOCK_DGRAM : SOCK_STREAM);
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int len = sizeof addr;
	if (bind(listener, (struct sockaddr *)&addr, len) != 0 || getsockname(listener, (struct sockaddr *)&addr, &len) != 0)
		die("bind");
	associate(listener, options.skip && options.mode == MODE_UDP);
	if (options.mode == MODE_UDP) {
		for (int i = 0; i < DATAGRAMS; i++) {
			struct operation *op = new_operation(listener, options.buffer);
			op->kind = SENDING; /* so that it receives next */
			go_on(op, 0);
		}
	} else {
		if (listen(listener, SOMAXCONN) != 0)
			die("listen");
		load_extension((GUID)WSAID_ACCEPTEX, &accept_ex);
		load_extension((GUID)WSAID_TRANSMITFILE, &transmit_file);
		for (int i = 0; i < ACCEPTS; i++)
			post_accept(new_operation(INVALID_SOCKET, 2 * ADDRESS));
	}
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	for (DWORD i = 1; i < options.workers; i++)
		if (CreateThread(NULL, 0, work, NULL, 0, NULL) == NULL)
			die("CreateThread");
	work(NULL);
}
