/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A server on io_uring by liburing: one ring, one thread. Completions are
 * taken in batches, and what they lead to is submitted with the next wait,
 * so that a batch costs one system call.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ENTRIES = 4096,
	DATAGRAMS = 64, /* receives posted at once on the UDP socket */
};

static struct options options;
static struct io_uring ring;
static int listener;

/* A conn is a connection, or one of the receives posted on the UDP socket.
 * It has one operation under way at a time. */
struct conn {
	int fd;
	int sending;
	size_t begin, end; /* what of data is still to be sent back */
	struct sockaddr_in from;
	struct iovec vec;
	struct msghdr msg;
	char data[];
};

static struct io_uring_sqe *next_entry(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	if (sqe == NULL) { /* the queue is full: hand it in early */
		io_uring_submit(&ring);
		if ((sqe = io_uring_get_sqe(&ring)) == NULL) {
			fputs("the submission queue stays full\n", stderr);
			exit(1);
		}
	}
	return sqe;
}

/* POST submits an operation whose completion is owner's. The preparation of
 * an entry clears its data, which is therefore set last. */
#define POST(owner, prep, ...)                                         \
	do {                                                           \
		struct io_uring_sqe *sqe = next_entry();                \
		io_uring_prep_##prep(sqe, __VA_ARGS__);                \
		io_uring_sqe_set_data(sqe, owner);                     \
	} while (0)

static struct conn *new_conn(int fd)
{
	struct conn *c = calloc(1, sizeof *c + options.buffer);
	if (c == NULL)
		die("calloc");
	c->fd = fd;
	return c;
}

static void post_accept(void)
{
	POST(NULL, multishot_accept, listener, NULL, NULL, SOCK_CLOEXEC);
}

static void post_receive(struct conn *c)
{
	c->sending = 0;
	if (options.mode == MODE_UDP) {
		c->vec = (struct iovec){.iov_base = c->data, .iov_len = options.buffer};
		c->msg = (struct msghdr){.msg_name = &c->from, .msg_namelen = sizeof c->from, .msg_iov = &c->vec, .msg_iovlen = 1};
		POST(c, recvmsg, c->fd, &c->msg, 0);
		return;
	}
	POST(c, recv, c->fd, c->data, options.buffer, 0);
}

static void post_send(struct conn *c)
{
	c->sending = 1;
	if (options.mode == MODE_UDP) {
		c->vec.iov_len = c->end;
		POST(c, sendmsg, c->fd, &c->msg, 0);
		return;
	}
	POST(c, send, c->fd, c->data + c->begin, c->end - c->begin, MSG_NOSIGNAL);
}

static void accepted(int result, unsigned flags)
{
	if (!(flags & IORING_CQE_F_MORE))
		post_accept();
	if (result < 0) {
		if (result == -ECONNABORTED || result == -EINTR)
			return;
		errno = -result;
		die("accept");
	}
	if (options.mode == MODE_CHURN) {
		close(result);
		return;
	}
	set_nodelay(result);
	struct conn *c = new_conn(result);
	if (options.mode == MODE_SOURCE) {
		c->end = options.buffer;
		post_send(c);
	} else {
		post_receive(c);
	}
}

static void hang_up(struct conn *c)
{
	close(c->fd);
	free(c);
}

static void received(struct conn *c, int result)
{
	if (options.mode == MODE_UDP && result < 0) {
		post_receive(c); /* an error of an earlier send */
		return;
	}
	if (result <= 0 && options.mode != MODE_UDP) {
		hang_up(c);
		return;
	}
	if (options.mode == MODE_SINK) {
		post_receive(c);
		return;
	}
	c->begin = 0;
	c->end = (size_t)result;
	post_send(c);
}

static void sent(struct conn *c, int result)
{
	if (options.mode == MODE_UDP) {
		post_receive(c);
		return;
	}
	if (result < 0) {
		hang_up(c);
		return;
	}
	c->begin += (size_t)result;
	if (c->begin < c->end) {
		post_send(c);
	} else if (options.mode == MODE_SOURCE) {
		c->begin = 0;
		post_send(c);
	} else {
		post_receive(c);
	}
}

static void completed(const struct io_uring_cqe *cqe)
{
	struct conn *c = io_uring_cqe_get_data(cqe);
	if (c == NULL)
		accepted(cqe->res, cqe->flags);
	else if (c->sending)
		sent(c, cqe->res);
	else
		received(c, cqe->res);
}

int main(int argc, char **argv)
{
	options = parse_options(argc, argv);
	if (options.workers != 1 || options.mode == MODE_FILE) {
		fputs("one worker only, and no files\n", stderr);
		return 2;
	}
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
		.cq_entries = 4 * ENTRIES,
	};
	int e = io_uring_queue_init_params(ENTRIES, &ring, &params);
	if (e < 0) {
		fprintf(stderr, "io_uring with SINGLE_ISSUER and DEFER_TASKRUN (Linux 6.1): %s\n", strerror(-e));
		return EXIT_UNSUPPORTED;
	}
	int port = 0;
	listener = open_server(&options, &port);
	if (options.mode == MODE_UDP)
		for (int i = 0; i < DATAGRAMS; i++)
			post_receive(new_conn(listener));
	else
		post_accept();
	announce(port);
	for (;;) {
		e = io_uring_submit_and_wait(&ring, 1);
		if (e < 0 && e != -EINTR && e != -EBUSY) {
			errno = -e;
			die("io_uring_submit_and_wait");
		}
		struct io_uring_cqe *cqe;
		unsigned head, seen = 0;
		io_uring_for_each_cqe(&ring, head, cqe)
		{
			completed(cqe);
			seen++;
		}
		io_uring_cq_advance(&ring, seen);
	}
}
