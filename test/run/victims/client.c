// SPDX-License-Identifier: Apache-2.0

// client HOST PORT COUNT talks to an echo server, in turn by blocking and by
// non-blocking connects, and checks what it gets and all names. Built with
// RAW it makes its network calls without the C library.
#include "echo.h"

#ifdef RAW
#define socket(f, t, p) (int)syscall(SYS_socket, f, t, p)
#define connect(f, a, n) (int)syscall(SYS_connect, f, a, n)
#define getpeername(f, a, n) (int)syscall(SYS_getpeername, f, a, n)
#define getsockname(f, a, n) (int)syscall(SYS_getsockname, f, a, n)
#define getsockopt(f, l, o, v, n) (int)syscall(SYS_getsockopt, f, l, o, v, n)
#define shutdown(f, h) (int)syscall(SYS_shutdown, f, h)
#define write(f, b, n) syscall(SYS_sendto, f, b, n, 0, (void *)0, 0)
#define read(f, b, n) syscall(SYS_recvfrom, f, b, n, 0, (void *)0, (void *)0)
#endif

static void one(const union name *server, int blocking, size_t size) {
	int fd = socket(server->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
	if (fd < 0)
		die("socket");
	int r = connect(fd, &server->sa, name_size(server));
	if (!blocking) {
		if (r == 0 || errno != EINPROGRESS)
			die("non-blocking connect gives %d", r);
		struct pollfd p = {fd, POLLOUT, 0};
		if (poll(&p, 1, 60000) != 1)
			die("poll");
		int error = -1;
		socklen_t n = sizeof error;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error != 0)
			die("SO_ERROR is %d", error);
		if (fcntl(fd, F_SETFL, 0) < 0)
			die("fcntl");
	} else if (r < 0) {
		die("connect");
	}
	union name peer, own;
	char text[80], line[80];
	socklen_t n = sizeof peer;
	if (getpeername(fd, &peer.sa, &n) < 0)
		die("getpeername");
	if (n != name_size(server) || !same_name(&peer, server))
		die("getpeername says %s", format_name(&peer, text));
	n = sizeof own;
	if (getsockname(fd, &own.sa, &n) < 0)
		die("getsockname");
	size_t got = 0;
	do {
		if (read(fd, line + got, 1) != 1)
			die("the line ends after %zu bytes", got);
	} while (line[got++] != '\n');
	line[got - 1] = 0;
	if (strcmp(line, format_name(&own, text)) != 0)
		die("the server sees %s, getsockname says %s", line, text);

	// A child sends, so that both directions are under way at once, and the
	// socket is shared.
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		unsigned char b[8192];
		for (size_t at = 0; at < size;) {
			size_t k = size - at < sizeof b ? size - at : sizeof b;
			for (size_t i = 0; i < k; i++)
				b[i] = (at + i) * 7 / 3;
			for (size_t sent = 0; sent < k;) {
				ssize_t w = write(fd, b + sent, k - sent);
				if (w <= 0)
					die("write");
				sent += w;
			}
			at += k;
		}
		if (shutdown(fd, SHUT_WR) < 0)
			die("shutdown");
		_exit(0);
	}
	unsigned char b[8192];
	size_t at = 0;
	ssize_t k;
	while ((k = read(fd, b, sizeof b)) > 0)
		for (ssize_t i = 0; i < k; i++, at++)
			if (b[i] != (unsigned char)(at * 7 / 3))
				die("byte %zu is wrong", at);
	if (k < 0)
		die("read after %zu bytes", at);
	if (at != size)
		die("%zu bytes of %zu came back", at, size);
	int status;
	if (waitpid(child, &status, 0) != child || status != 0)
		die("the child ends with %d", status);
	close(fd);
}

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	union name server = parse_name(argv[1], argv[2]);
	int count = atoi(argv[3]);
	for (int i = 0; i < count; i++)
		one(&server, i % 2, i == 0 ? 1 << 20 : 100 * i);
	printf("%d well\n", count);
	return 0;
}
