// SPDX-License-Identifier: Apache-2.0

// What the programs in C share.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *format, ...) {
	int e = errno;
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (errno %d, %s)\n", e, strerror(e));
	exit(1);
}

union name {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage any;
};

static socklen_t name_size(const union name *n) {
	return n->sa.sa_family == AF_INET6 ? sizeof n->v6 : sizeof n->v4;
}

// parse_name reads an address and a port.
static union name parse_name(const char *host, const char *port) {
	union name n;
	memset(&n, 0, sizeof n);
	if (inet_pton(AF_INET, host, &n.v4.sin_addr) == 1) {
		n.v4.sin_family = AF_INET;
		n.v4.sin_port = htons(atoi(port));
	} else if (inet_pton(AF_INET6, host, &n.v6.sin6_addr) == 1) {
		n.v6.sin6_family = AF_INET6;
		n.v6.sin6_port = htons(atoi(port));
	} else {
		die("%s is no address", host);
	}
	return n;
}

// format_name writes a name as Go does.
static const char *format_name(const union name *n, char text[80]) {
	char host[INET6_ADDRSTRLEN];
	if (n->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&n->v6.sin6_addr)) {
		inet_ntop(AF_INET, n->v6.sin6_addr.s6_addr + 12, host, sizeof host);
		snprintf(text, 80, "%s:%d", host, ntohs(n->v6.sin6_port));
	} else if (n->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &n->v6.sin6_addr, host, sizeof host);
		snprintf(text, 80, "[%s]:%d", host, ntohs(n->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &n->v4.sin_addr, host, sizeof host);
		snprintf(text, 80, "%s:%d", host, ntohs(n->v4.sin_port));
	}
	return text;
}

static int same_name(const union name *a, const union name *b) {
	char s[80], t[80];
	return a->sa.sa_family == b->sa.sa_family && strcmp(format_name(a, s), format_name(b, t)) == 0;
}
