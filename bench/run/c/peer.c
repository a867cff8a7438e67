/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The other end of loop.c:
 *
 *	peer echo|once|drop|datagram
 *
 * echo sends back what it receives, once closes after having done so once,
 * drop closes each connection at once, datagram is for UDP. It prints the
 * port, which the kernel chose.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static char data[64 << 10];

static void datagrams(int fd)
{
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &size);
		if (n >= 0)
			sendto(fd, data, n, 0, (struct sockaddr *)&from, size);
	}
}

static void drop(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0)
			close(fd);
	}
}

static void echo(int listener, int once)
{
	int ep = epoll_create1(0), on = 1;
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, events[64];
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev) < 0)
		die("epoll");
	for (;;) {
		int n = epoll_wait(ep, events, 64, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				ev.data.fd = accept(listener, NULL, NULL);
				if (ev.data.fd < 0)
					continue;
				setsockopt(ev.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
				if (epoll_ctl(ep, EPOLL_CTL_ADD, ev.data.fd, &ev) < 0)
					die("epoll_ctl");
				continue;
			}
			ssize_t got = recv(fd, data, sizeof data, MSG_DONTWAIT);
			if (got < 0 && errno == EAGAIN)
				continue;
			/* What loop sends fits into the socket's buffer. */
			if (got <= 0 || send(fd, data, got, MSG_NOSIGNAL) != got || once)
				close(fd);
		}
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc == 2 ? argv[1] : "";
	int udp = strcmp(mode, "datagram") == 0;
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof name;
	int fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) < 0 || getsockname(fd, (struct sockaddr *)&name, &size) < 0)
		die("bind");
	if (!udp && listen(fd, 4096) < 0)
		die("listen");
	printf("%d\n", ntohs(name.sin_port));
	fflush(stdout);
	alarm(900); /* if nobody else ends it */
	if (udp)
		datagrams(fd);
	else if (strcmp(mode, "echo") == 0)
		echo(fd, 0);
	else if (strcmp(mode, "once") == 0)
		echo(fd, 1);
	else if (strcmp(mode, "drop") == 0)
		drop(fd);
	fprintf(stderr, "usage: peer echo|once|drop|datagram\n");
	return 2;
}
