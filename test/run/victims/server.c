// SPDX-License-Identifier: Apache-2.0

// server KIND HOST PORT is an echo server that tells each client the client's
// name and its own. It has a process for each client (fork), four processes
// that accept from one socket (prefork), a thread for each client (thread), or
// one loop (epoll).
#include "echo.h"
#include <sys/prctl.h>

static int greet(int fd, const union name *peer) {
	union name again, own;
	socklen_t n = sizeof again;
	char a[80], b[80], line[200];
	if (getpeername(fd, &again.sa, &n) < 0)
		die("getpeername");
	if (!same_name(peer, &again))
		die("accept says %s, getpeername %s", format_name(peer, a), format_name(&again, b));
	n = sizeof own;
	if (getsockname(fd, &own.sa, &n) < 0)
		die("getsockname");
	n = snprintf(line, sizeof line, "%s %s\n", format_name(peer, a), format_name(&own, b));
	return write(fd, line, n) == (ssize_t)n;
}

static void serve(int fd, const union name *peer) {
	char b[4096];
	ssize_t k;
	if (!greet(fd, peer))
		die("the line");
	while ((k = read(fd, b, sizeof b)) > 0)
		for (ssize_t sent = 0, w; sent < k; sent += w)
			if ((w = write(fd, b + sent, k - sent)) <= 0)
				die("write");
	close(fd);
}

static int take(int listener, union name *peer, int flags) {
	socklen_t n = sizeof *peer;
	int fd = accept4(listener, &peer->sa, &n, flags);
	if (fd < 0)
		die("accept");
	if (n != name_size(peer))
		die("accept gives a name of %d bytes", (int)n);
	if (((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) != ((flags & SOCK_CLOEXEC) != 0) ||
	    ((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) != ((flags & SOCK_NONBLOCK) != 0))
		die("accept4 forgets its flags");
	return fd;
}

struct client {
	int fd;
	union name peer;
	char b[4096]; // what is still to be sent back
	ssize_t from, to;
};

static void *routine_client(void *arg) {
	struct client *c = arg;
	serve(c->fd, &c->peer);
	free(c);
	return NULL;
}

static void loop(int listener) {
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e = {EPOLLIN, {NULL}}, es[16];
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	for (;;) {
		int n = epoll_wait(ep, es, 16, -1);
		for (int i = 0; i < n; i++) {
			struct client *c = es[i].data.ptr;
			if (!c) {
				for (;;) {
					union name peer;
					socklen_t size = sizeof peer;
					int fd = accept4(listener, &peer.sa, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
					if (fd < 0 && errno == EAGAIN)
						break;
					if (fd < 0)
						die("accept4");
					c = calloc(1, sizeof *c);
					c->fd = fd;
					greet(fd, &peer);
					e.data.ptr = c;
					e.events = EPOLLIN;
					if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) < 0)
						die("epoll_ctl");
				}
				continue;
			}
			if (c->from == c->to) {
				c->from = 0;
				c->to = read(c->fd, c->b, sizeof c->b);
				if (c->to <= 0) {
					if (c->to < 0 && errno == EAGAIN) {
						c->to = 0;
						continue;
					}
					close(c->fd);
					free(c);
					continue;
				}
			}
			ssize_t w = write(c->fd, c->b + c->from, c->to - c->from);
			if (w < 0 && errno != EAGAIN)
				die("write");
			if (w > 0)
				c->from += w;
			e.data.ptr = c;
			e.events = c->from == c->to ? EPOLLIN : EPOLLOUT;
			epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
		}
	}
}

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	const char *kind = argv[1];
	union name own = parse_name(argv[2], argv[3]), peer;
	signal(SIGCHLD, SIG_IGN);
	int listener = socket(own.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(listener, &own.sa, name_size(&own)) < 0 || listen(listener, 64) < 0)
		die("listening");
	union name bound;
	socklen_t n = sizeof bound;
	char text[80];
	if (getsockname(listener, &bound.sa, &n) < 0 || !same_name(&bound, &own))
		die("getsockname says %s", format_name(&bound, text));
	if (strcmp(kind, "epoll") == 0)
		loop(listener);
	if (strcmp(kind, "prefork") == 0)
		for (int i = 0; i < 3; i++)
			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				break;
			}
	for (int i = 0;; i++) {
		if (strcmp(kind, "fork") == 0) {
			int fd = take(listener, &peer, 0);
			if (fork() == 0) {
				close(listener);
				serve(fd, &peer);
				_exit(0);
			}
			close(fd);
		} else if (strcmp(kind, "thread") == 0) {
			struct client *c = calloc(1, sizeof *c);
			c->fd = take(listener, &c->peer, i % 2 ? SOCK_CLOEXEC : 0);
			pthread_t thread;
			if (pthread_create(&thread, NULL, routine_client, c) != 0)
				die("pthread_create");
			pthread_detach(thread);
		} else {
			int fd = take(listener, &peer, SOCK_CLOEXEC);
			serve(fd, &peer);
		}
	}
}
