/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The server that the others are related to: an epoll loop written by hand,
 * level-triggered, or with -e edge-triggered. Each worker has its own loop
 * and, by SO_REUSEPORT, its own listening socket.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

enum { BATCH = 256 };

static struct options options;

struct conn {
	int fd;
	int wants_out;     /* EPOLLOUT is registered, level-triggered loops only */
	int ended;         /* the peer's end was told: read on until it comes */
	size_t begin, end; /* what of data is still to be sent back */
	off_t sent;        /* of the file */
	char data[];
};

struct loop {
	int epoll;
	int listener;
	char *scratch; /* a datagram */
};

static void hang_up(struct conn *c)
{
	close(c->fd);
	free(c);
}

/* want_out tells a level-triggered loop whether c waits for room to send.
 * An edge-triggered one is told of both all the time. */
static void want_out(struct loop *l, struct conn *c, int wanted)
{
	if (options.edge_triggered || c->wants_out == wanted)
		return;
	c->wants_out = wanted;
	struct epoll_event ev = {.events = wanted ? EPOLLOUT : EPOLLIN, .data.ptr = c};
	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev) < 0)
		die("epoll_ctl");
}

/* What a turn of a connection came to. */
enum turn { AGAIN, BLOCKED, OVER };

static enum turn refused(void)
{
	return errno == EAGAIN || errno == EINTR ? BLOCKED : OVER;
}

static enum turn send_back(struct loop *l, struct conn *c)
{
	ssize_t n = send(c->fd, c->data + c->begin, c->end - c->begin, MSG_NOSIGNAL);
	if (n > 0)
		c->begin += (size_t)n;
	else if (refused() == OVER)
		return OVER;
	want_out(l, c, c->begin < c->end);
	return c->begin < c->end ? BLOCKED : AGAIN;
}

/* drained tells whether a read of n bytes has emptied the socket, so that the
 * next edge tells of more. */
static int drained(const struct conn *c, size_t n)
{
	return n < options.buffer && !c->ended;
}

static enum turn echo(struct loop *l, struct conn *c)
{
	if (c->begin < c->end)
		return send_back(l, c);
	ssize_t n = recv(c->fd, c->data, options.buffer, 0);
	if (n <= 0)
		return n == 0 ? OVER : refused();
	c->begin = 0;
	c->end = (size_t)n;
	enum turn turn = send_back(l, c);
	return turn == AGAIN && drained(c, (size_t)n) ? BLOCKED : turn;
}

static enum turn swallow(struct conn *c)
{
	ssize_t n = recv(c->fd, c->data, options.buffer, 0);
	if (n <= 0)
		return n == 0 ? OVER : refused();
	return drained(c, (size_t)n) ? BLOCKED : AGAIN;
}

static enum turn pour(struct conn *c)
{
	ssize_t n = send(c->fd, c->data, options.buffer, MSG_NOSIGNAL);
	if (n < 0)
		return refused();
	return (size_t)n < options.buffer ? BLOCKED : AGAIN;
}

static enum turn send_file(struct conn *c)
{
	ssize_t n = sendfile(c->fd, options.file, &c->sent, (size_t)(options.file_size - c->sent));
	if (n < 0)
		return refused();
	return n == 0 || c->sent == options.file_size ? OVER : AGAIN;
}

static void serve(struct loop *l, struct conn *c, unsigned events)
{
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->ended = 1;
	enum turn turn;
	do {
		switch (options.mode) {
		case MODE_ECHO: turn = echo(l, c); break;
		case MODE_SINK: turn = swallow(c); break;
		case MODE_SOURCE: turn = pour(c); break;
		default: turn = send_file(c); break;
		}
	} while (turn == AGAIN && options.edge_triggered);
	if (turn == OVER)
		hang_up(c);
}

static void admit(struct loop *l)
{
	for (;;) {
		int fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EAGAIN)
				return;
			if (errno == ECONNABORTED || errno == EINTR)
				continue;
			die("accept4");
		}
		if (options.mode == MODE_CHURN) {
			close(fd);
			continue;
		}
		set_nodelay(fd);
		struct conn *c = calloc(1, sizeof *c + options.buffer);
		if (c == NULL)
			die("calloc");
		c->fd = fd;
		int sends = options.mode == MODE_SOURCE || options.mode == MODE_FILE;
		struct epoll_event ev = {.events = sends ? EPOLLOUT : EPOLLIN, .data.ptr = c};
		if (options.edge_triggered)
			ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
		if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
			die("epoll_ctl");
	}
}

static void answer_datagrams(struct loop *l)
{
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(l->listener, l->scratch, options.buffer, 0, (struct sockaddr *)&from, &len);
		if (n < 0) {
			if (errno == EAGAIN)
				return;
			if (errno == EINTR || errno == ECONNREFUSED) /* the latter of an earlier send */
				continue;
			die("recvfrom");
		}
		sendto(l->listener, l->scratch, (size_t)n, 0, (struct sockaddr *)&from, len); /* may be lost, as any datagram */
	}
}

static void *run(void *arg)
{
	struct loop *l = arg;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		die("epoll_create1");
	struct epoll_event ev = {.events = EPOLLIN | (options.edge_triggered ? EPOLLET : 0), .data.ptr = NULL};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->listener, &ev) < 0)
		die("epoll_ctl");
	for (;;) {
		struct epoll_event events[BATCH];
		int n = epoll_wait(l->epoll, events, BATCH, -1);
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr != NULL)
				serve(l, events[i].data.ptr, events[i].events);
			else if (options.mode == MODE_UDP)
				answer_datagrams(l);
			else
				admit(l);
		}
	}
}

int main(int argc, char **argv)
{
	options = parse_options(argc, argv);
	struct loop *loops = calloc((size_t)options.workers, sizeof *loops);
	if (loops == NULL)
		die("calloc");
	int port = 0;
	for (int i = 0; i < options.workers; i++) {
		loops[i].listener = open_server(&options, &port);
		if ((loops[i].scratch = malloc(options.buffer)) == NULL)
			die("malloc");
	}
	announce(port);
	for (int i = 1; i < options.workers; i++) {
		pthread_t thread;
		if ((errno = pthread_create(&thread, NULL, run, &loops[i])) != 0)
			die("pthread_create");
	}
	run(&loops[0]);
}
