// SPDX-License-Identifier: Apache-2.0

// datagram client KIND HOST PORT COUNT asks a server that answers with the
// sender's name, a blank and what was sent. The answers must come from whom
// was asked. datagram server KIND HOST PORT is such a server. The kinds are
// the calls used: connected, sendto, sendmsg, sendmmsg.
#include "echo.h"

static void payload(char *b, size_t size, int seed) {
	for (size_t i = 0; i < size; i++)
		b[i] = 'a' + (seed + i * 3) % 26;
}

static void check_answer(const char *got, ssize_t n, const char *sent, size_t size, const union name *own) {
	char text[80];
	const char *blank = n > 0 ? memchr(got, ' ', n) : NULL;
	if (!blank || (size_t)(n - (blank + 1 - got)) != size || memcmp(blank + 1, sent, size) != 0)
		die("an answer of %zd bytes, not of %zu, or another", n, size);
	format_name(own, text);
	if (own->sa.sa_family != 0 && (strlen(text) != (size_t)(blank - got) || memcmp(text, got, blank - got) != 0))
		die("the server sees %.*s, getsockname says %s", (int)(blank - got), got, text);
}

static void check_source(const union name *from, socklen_t n, const union name *server) {
	char a[80], b[80];
	if (n != name_size(server) || !same_name(from, server))
		die("the answer's source is %s (%d bytes), asked was %s", format_name(from, a), (int)n, format_name(server, b));
}

// own_name returns the socket's name, unless its address is not known.
static union name own_name(int fd) {
	union name own;
	socklen_t n = sizeof own;
	if (getsockname(fd, &own.sa, &n) < 0)
		die("getsockname");
	return own;
}

static void client(const char *kind, const union name *server, int count) {
	int fd = socket(server->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval limit = {20, 0};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	int connected = strcmp(kind, "connected") == 0;
	if (connected) {
		union name peer;
		socklen_t n = sizeof peer;
		if (connect(fd, &server->sa, name_size(server)) < 0)
			die("connect");
		if (getpeername(fd, &peer.sa, &n) < 0 || n != name_size(server) || !same_name(&peer, server))
			die("getpeername");
	}
	enum { batch = 4 };
	static char sent[batch][1200], got[batch][2000];
	for (int i = 0; i < count; i++) {
		size_t size = 1 + (i * 37) % 1200;
		union name from[batch], none = {{0}};
		socklen_t n = sizeof from[0];
		payload(sent[0], size, i);
		if (connected) {
			// A datagram of one of three calls, and an answer of another.
			struct iovec v = {sent[0], size}, w = {got[0], sizeof got[0]};
			struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
			ssize_t k = i % 3 == 0 ? send(fd, sent[0], size, 0) : i % 3 == 1 ? write(fd, sent[0], size) : sendmsg(fd, &m, 0);
			if (k != (ssize_t)size)
				die("sending");
			m.msg_iov = &w;
			if (i % 2) {
				m.msg_name = &from[0];
				m.msg_namelen = sizeof from[0];
				k = recvmsg(fd, &m, 0);
				n = m.msg_namelen;
			} else {
				k = recvfrom(fd, got[0], sizeof got[0], 0, &from[0].sa, &n);
			}
			if (k < 0)
				die("receiving %d", i);
			check_source(&from[0], n, server);
			union name own = own_name(fd);
			check_answer(got[0], k, sent[0], size, &own);
		} else if (strcmp(kind, "sendto") == 0) {
			if (sendto(fd, sent[0], size, 0, &server->sa, name_size(server)) != (ssize_t)size)
				die("sendto");
			ssize_t k = recvfrom(fd, got[0], sizeof got[0], 0, &from[0].sa, &n);
			if (k < 0)
				die("recvfrom %d", i);
			check_source(&from[0], n, server);
			check_answer(got[0], k, sent[0], size, &none);
		} else if (strcmp(kind, "sendmsg") == 0) {
			struct iovec v[2] = {{sent[0], size / 2}, {sent[0] + size / 2, size - size / 2}};
			struct msghdr m = {.msg_name = (void *)server, .msg_namelen = name_size(server), .msg_iov = v, .msg_iovlen = 2};
			if (sendmsg(fd, &m, 0) != (ssize_t)size)
				die("sendmsg");
			struct iovec w[3] = {{got[0], 5}, {got[0] + 5, 1}, {got[0] + 6, sizeof got[0] - 6}};
			char control[100];
			struct msghdr r = {.msg_name = &from[0], .msg_namelen = sizeof from[0], .msg_iov = w, .msg_iovlen = 3,
			                   .msg_control = control, .msg_controllen = sizeof control};
			ssize_t k = recvmsg(fd, &r, 0);
			if (k < 0)
				die("recvmsg %d", i);
			if (r.msg_flags != 0)
				die("flags %x", r.msg_flags);
			check_source(&from[0], r.msg_namelen, server);
			check_answer(got[0], k, sent[0], size, &none);
		} else {
			struct mmsghdr m[batch];
			struct iovec v[batch];
			memset(m, 0, sizeof m);
			for (int j = 0; j < batch; j++) {
				payload(sent[j], size, 10 * i + j);
				v[j] = (struct iovec){sent[j], size};
				m[j].msg_hdr = (struct msghdr){.msg_name = (void *)server, .msg_namelen = name_size(server), .msg_iov = &v[j], .msg_iovlen = 1};
			}
			int k = sendmmsg(fd, m, batch, 0);
			if (k != batch)
				die("sendmmsg gives %d", k);
			for (int j = 0; j < batch; j++)
				if (m[j].msg_len != size)
					die("sendmmsg tells of %u bytes", m[j].msg_len);
			for (int came = 0; came < batch; came += k) {
				for (int j = came; j < batch; j++) {
					v[j] = (struct iovec){got[j], sizeof got[j]};
					m[j].msg_hdr = (struct msghdr){.msg_name = &from[j], .msg_namelen = sizeof from[j], .msg_iov = &v[j], .msg_iovlen = 1};
				}
				k = recvmmsg(fd, m + came, batch - came, MSG_WAITFORONE, NULL);
				if (k <= 0)
					die("recvmmsg gives %d", k);
				for (int j = came; j < came + k; j++) {
					check_source(&from[j], m[j].msg_hdr.msg_namelen, server);
					check_answer(got[j], m[j].msg_len, sent[j], size, &none);
				}
			}
		}
	}
	printf("%d well\n", count);
}

static void serve(const char *kind, const union name *own) {
	int fd = socket(own->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(fd, &own->sa, name_size(own)) < 0)
		die("bind");
	union name bound = own_name(fd);
	if (!same_name(&bound, own))
		die("getsockname");
	enum { batch = 4 };
	static char b[batch][3000];
	for (;;) {
		union name from[batch];
		struct mmsghdr m[batch];
		struct iovec v[batch];
		memset(m, 0, sizeof m);
		for (int j = 0; j < batch; j++) {
			v[j] = (struct iovec){b[j] + 81, sizeof b[j] - 81};
			m[j].msg_hdr = (struct msghdr){.msg_name = &from[j], .msg_namelen = sizeof from[j], .msg_iov = &v[j], .msg_iovlen = 1};
		}
		int k = 1;
		if (strcmp(kind, "sendto") == 0) {
			ssize_t n = recvfrom(fd, v[0].iov_base, v[0].iov_len, 0, &from[0].sa, &m[0].msg_hdr.msg_namelen);
			if (n < 0)
				die("recvfrom");
			m[0].msg_len = n;
		} else if (strcmp(kind, "sendmsg") == 0) {
			ssize_t n = recvmsg(fd, &m[0].msg_hdr, 0);
			if (n < 0)
				die("recvmsg");
			m[0].msg_len = n;
		} else if ((k = recvmmsg(fd, m, batch, MSG_WAITFORONE, NULL)) <= 0) {
			die("recvmmsg");
		}
		for (int j = 0; j < k; j++) {
			char text[80];
			size_t n = strlen(format_name(&from[j], text));
			char *start = b[j] + 80 - n;
			memcpy(start, text, n);
			b[j][80] = ' ';
			v[j] = (struct iovec){start, n + 1 + m[j].msg_len};
		}
		if (strcmp(kind, "sendto") == 0) {
			if (sendto(fd, v[0].iov_base, v[0].iov_len, 0, &from[0].sa, m[0].msg_hdr.msg_namelen) < 0)
				die("sendto");
		} else if (strcmp(kind, "sendmsg") == 0) {
			if (sendmsg(fd, &m[0].msg_hdr, 0) < 0)
				die("sendmsg");
		} else if (sendmmsg(fd, m, k, 0) != k) {
			die("sendmmsg");
		}
	}
}

int main(int argc, char **argv) {
	if (argc < 5)
		return 2;
	union name server = parse_name(argv[3], argv[4]);
	if (strcmp(argv[1], "server") == 0)
		serve(argv[2], &server);
	client(argv[2], &server, atoi(argv[5]));
	return 0;
}
