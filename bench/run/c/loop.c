/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A program that makes the same network calls again and again for some time,
 * and tells how often it did so:
 *
 *	loop MODE MILLISECONDS PORT
 *
 * It talks to peer (peer.c) on 127.0.0.1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 64 };

static struct sockaddr_in peer;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int new_socket(int type)
{
	int fd = socket(AF_INET, type, 0);
	if (fd < 0)
		die("socket");
	return fd;
}

static int connected(int type)
{
	int fd = new_socket(type), on = 1;
	if (connect(fd, (struct sockaddr *)&peer, sizeof peer) < 0)
		die("connect");
	if (type == SOCK_STREAM && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
		die("TCP_NODELAY");
	/* A datagram may be lost. */
	struct timeval tv = {.tv_usec = 200000};
	if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) < 0)
		die("SO_RCVTIMEO");
	return fd;
}

/* reset closes a connection in a way that leaves no port busy. */
static void reset(int fd)
{
	struct linger hard = {.l_onoff = 1};
	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) < 0)
		die("SO_LINGER");
	close(fd);
}

static void send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent < 0)
			die("send");
		p += sent;
		n -= sent;
	}
}

static void receive_all(int fd, char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = recv(fd, p, n, 0);
		if (got <= 0)
			die("recv");
		p += got;
		n -= got;
	}
}

/* The modes. Each does one operation. */

static int fd = -1;
static char data[SIZE];

/* A call that winsock run sees once there is a layer, and answers. */
static void one_getpeername(void)
{
	struct sockaddr_in name;
	socklen_t n = sizeof name;
	if (fd < 0)
		fd = connected(SOCK_STREAM);
	if (getpeername(fd, (struct sockaddr *)&name, &n) < 0)
		die("getpeername");
}

/* One that it sees and leaves to the kernel. */
static void one_so_error(void)
{
	int error;
	socklen_t n = sizeof error;
	if (fd < 0)
		fd = connected(SOCK_STREAM);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		die("getsockopt");
}

/* One that it does not see, though the filter has to look at it. */
static void one_getsockopt(void)
{
	int type;
	socklen_t n = sizeof type;
	if (fd < 0)
		fd = connected(SOCK_STREAM);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0)
		die("getsockopt");
}

static void one_connect(void)
{
	reset(connected(SOCK_STREAM));
}

static void one_connect_nonblocking(void)
{
	int s = new_socket(SOCK_STREAM | SOCK_NONBLOCK), error;
	socklen_t n = sizeof error;
	if (connect(s, (struct sockaddr *)&peer, sizeof peer) < 0 && errno != EINPROGRESS)
		die("connect");
	struct pollfd p = {.fd = s, .events = POLLOUT};
	if (poll(&p, 1, 10000) != 1)
		die("poll");
	if (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error != 0) {
		errno = error;
		die("connect, later");
	}
	reset(s);
}

/* A connection for one question; the peer closes it after the answer. */
static void one_request(void)
{
	int s = connected(SOCK_STREAM);
	char end;
	send_all(s, data, SIZE);
	receive_all(s, data, SIZE);
	if (recv(s, &end, 1, 0) != 0)
		die("the end");
	close(s);
}

static void one_echo(void)
{
	if (fd < 0)
		fd = connected(SOCK_STREAM);
	send_all(fd, data, SIZE);
	receive_all(fd, data, SIZE);
}

static void one_datagram(void)
{
	if (fd < 0)
		fd = connected(SOCK_DGRAM);
	if (send(fd, data, SIZE, 0) != SIZE)
		die("send");
	if (recv(fd, data, SIZE, 0) != SIZE)
		die("recv");
}

static void one_datagram_to(void)
{
	struct sockaddr_in from;
	socklen_t n = sizeof from;
	struct timeval tv = {.tv_usec = 200000};
	if (fd < 0) {
		fd = new_socket(SOCK_DGRAM);
		if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) < 0)
			die("SO_RCVTIMEO");
	}
	if (sendto(fd, data, SIZE, 0, (struct sockaddr *)&peer, sizeof peer) != SIZE)
		die("sendto");
	if (recvfrom(fd, data, SIZE, 0, (struct sockaddr *)&from, &n) != SIZE)
		die("recvfrom");
}

static const struct {
	const char *name;
	void (*one)(void);
} modes[] = {
	{"getpeername", one_getpeername},
	{"so-error", one_so_error},
	{"getsockopt", one_getsockopt},
	{"connect", one_connect},
	{"connect-nonblocking", one_connect_nonblocking},
	{"request", one_request},
	{"echo", one_echo},
	{"datagram", one_datagram},
	{"datagram-to", one_datagram_to},
};

int main(int argc, char **argv)
{
	void (*one)(void) = NULL;
	if (argc != 4) {
		fprintf(stderr, "usage: loop MODE MILLISECONDS PORT\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].name, argv[1]) == 0)
			one = modes[i].one;
	if (one == NULL) {
		fprintf(stderr, "loop: no mode %s\n", argv[1]);
		return 2;
	}
	alarm(60);
	peer.sin_family = AF_INET;
	peer.sin_port = htons(atoi(argv[3]));
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	one(); /* which opens what the others use */
	long operations = 0;
	double begun = now(), end = begun + atoi(argv[2]) / 1e3, t;
	do {
		one();
		operations++;
	} while ((t = now()) < end);
	printf("{\"operations\": %ld, \"seconds\": %.9f}\n", operations, t - begun);
	return 0;
}
