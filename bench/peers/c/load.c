/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The load generator: one epoll loop that keeps a number of connections to a
 * server on loopback busy, and prints one line of JSON about what it saw:
 *
 *   messages   how many were completed in the measured time
 *   seconds    how long that was
 *   p50, p99, p999   latency in nanoseconds, 0 where messages have none
 *   cpu        nanoseconds of processor time that the servers (-P) used
 *   lost       datagrams that were sent again
 *
 * Echoed messages are checked: each begins with its number. What is wrong
 * with a server ends the process with status 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, SERVERS = 8, MAX_BYTES = 256 << 10 };

static const int64_t SECOND = 1000000000, MILLISECOND = 1000000;

/* ---- time ---- */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void wrong(const char *what)
{
	fprintf(stderr, "load: the server is wrong: %s\n", what);
	exit(1);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t) < 0)
		die("clock_gettime");
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static int64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }

/* ---- latency: buckets of a 64th of a power of two ---- */

enum { FRACTION_BITS = 6, BUCKETS = 64 << FRACTION_BITS };

static uint64_t buckets[BUCKETS], recorded;

static unsigned bucket_of(uint64_t ns)
{
	if (ns < (1 << FRACTION_BITS))
		return (unsigned)ns;
	unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - FRACTION_BITS;
	return ((shift + 1) << FRACTION_BITS) + (unsigned)(ns >> shift) - (1 << FRACTION_BITS);
}

static uint64_t value_of(unsigned bucket)
{
	if (bucket < (1 << FRACTION_BITS))
		return bucket;
	unsigned shift = (bucket >> FRACTION_BITS) - 1;
	return (uint64_t)((bucket & ((1 << FRACTION_BITS) - 1)) + (1 << FRACTION_BITS)) << shift;
}

static uint64_t percentile(double part)
{
	uint64_t rank = (uint64_t)((double)recorded * part), passed = 0;
	for (unsigned i = 0; recorded > 0 && i < BUCKETS; i++)
		if ((passed += buckets[i]) > rank)
			return value_of(i);
	return 0;
}

/* ---- the command line ---- */

enum mode { ECHO, SINK, SOURCE, CHURN, UDP, FILES };

static struct {
	enum mode mode;
	int port, connections, depth;
	size_t size;
	long long file_size;
	int64_t warm_up, length; /* ns */
	clockid_t servers[SERVERS];
	int server_count;
} options = {.connections = 1, .depth = 1, .size = 64, .warm_up = 100000000, .length = 1000000000};

static enum mode parse_mode(const char *name)
{
	static const char *const names[] = {"echo", "sink", "source", "churn", "udp", "file"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum mode)i;
	fprintf(stderr, "load: unknown mode %s\n", name);
	exit(2);
}

static void add_server(pid_t pid)
{
	if (options.server_count == SERVERS) {
		fputs("load: too many servers\n", stderr);
		exit(2);
	}
	if ((errno = clock_getcpuclockid(pid, &options.servers[options.server_count++])) != 0)
		die("clock_getcpuclockid");
}

static void parse_options(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "m:p:n:s:d:t:u:P:F:")) != -1;) {
		switch (c) {
		case 'm': options.mode = parse_mode(optarg); break;
		case 'p': options.port = atoi(optarg); break;
		case 'n': options.connections = atoi(optarg); break;
		case 's': options.size = (size_t)atol(optarg); break;
		case 'd': options.depth = atoi(optarg); break;
		case 't': options.length = atol(optarg) * MILLISECOND; break;
		case 'u': options.warm_up = atol(optarg) * MILLISECOND; break;
		case 'P': add_server((pid_t)atoi(optarg)); break;
		case 'F': options.file_size = atoll(optarg); break;
		default: exit(2);
		}
	}
	if (options.port <= 0 || options.connections <= 0 || options.depth <= 0 || options.length <= 0 ||
	    options.size < sizeof(uint64_t) || options.size * (size_t)options.depth > MAX_BYTES ||
	    (options.mode == UDP && options.depth != 1)) {
		fputs("usage: load -m echo|sink|source|churn|udp|file -p port [-n connections] [-s bytes a message]\n"
		      "            [-d messages in flight] [-t ms] [-u ms of warming up] [-P server's pid]... [-F bytes of the file]\n", stderr);
		exit(2);
	}
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit); /* what is missing shows in socket() */
	}
	alarm((unsigned)((options.length + options.warm_up) / SECOND + 20));
}

/* ---- connections ---- */

struct conn {
	int fd;
	int connecting;
	uint64_t asked, answered; /* messages */
	size_t begin, end;        /* what of out is still to be sent */
	size_t filled;            /* bytes in part */
	int64_t begun;            /* when the connection was asked for */
	int64_t *sent;            /* when message i was, at i % depth */
	char *out;                /* messages on their way */
	char *part;               /* a message of which only the beginning has come */
	long long received;       /* bytes of a file */
};

static int loop;
static struct conn *conns;
static char scratch[MAX_BYTES];

/* What has been completed, and whether it counts yet. */
static int measuring;
static uint64_t messages, bytes, lost;

static void complete(int64_t latency)
{
	if (!measuring)
		return;
	messages++;
	recorded++;
	buckets[bucket_of((uint64_t)(latency < 0 ? 0 : latency))]++;
}

static void watch(struct conn *c, int operation, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};
	if (epoll_ctl(loop, operation, c->fd, &ev) < 0)
		die("epoll_ctl");
}

static void open_conn(struct conn *c)
{
	int type = options.mode == UDP ? SOCK_DGRAM : SOCK_STREAM;
	if ((c->fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		die("socket");
	if (type == SOCK_STREAM) {
		int one = 1;
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	}
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)options.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	c->begun = now();
	c->connecting = connect(c->fd, (struct sockaddr *)&addr, sizeof addr) < 0;
	if (c->connecting && errno != EINPROGRESS)
		die("connect");
	c->received = 0;
	/* Whoever has something to send first is told that it can. */
	int sends = options.mode == ECHO || options.mode == SINK || options.mode == UDP;
	watch(c, EPOLL_CTL_ADD, sends ? EPOLLOUT : EPOLLIN);
}

/* close_conn resets the connection, so that no port stays in TIME_WAIT. */
static void close_conn(struct conn *c)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(c->fd);
}

static void check_connected(struct conn *c)
{
	int e = 0;
	socklen_t len = sizeof e;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0 || (e != 0 && (errno = e)))
		die("connect");
	c->connecting = 0;
}

/* ---- echo ---- */

static void flush(struct conn *c)
{
	ssize_t n = send(c->fd, c->out + c->begin, c->end - c->begin, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		die("send");
	if (n > 0)
		c->begin += (size_t)n;
	if (c->begin < c->end) {
		watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	} else {
		c->begin = c->end = 0;
	}
}

/* ask sends as many messages as may be in flight. */
static void ask(struct conn *c, int64_t t)
{
	if (c->begin > 0) { /* never more than depth messages are in out */
		memmove(c->out, c->out + c->begin, c->end - c->begin);
		c->end -= c->begin;
		c->begin = 0;
	}
	while (c->asked - c->answered < (uint64_t)options.depth) {
		memcpy(c->out + c->end, &c->asked, sizeof c->asked);
		c->end += options.size;
		c->sent[c->asked % (uint64_t)options.depth] = t;
		c->asked++;
	}
	if (c->end > 0)
		flush(c);
}

static void check_answer(struct conn *c, const char *message, int64_t t)
{
	if (memcmp(message, &c->answered, sizeof c->answered) != 0)
		wrong("an echo is not what was sent");
	complete(t - c->sent[c->answered % (uint64_t)options.depth]);
	c->answered++;
}

static void echoed(struct conn *c, int64_t t)
{
	ssize_t n = recv(c->fd, scratch, sizeof scratch, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		wrong(n == 0 ? "it closed a connection" : strerror(errno));
	const char *p = scratch;
	size_t left = (size_t)n;
	if (c->filled > 0) { /* a message that came in pieces */
		size_t piece = options.size - c->filled < left ? options.size - c->filled : left;
		memcpy(c->part + c->filled, p, piece);
		c->filled += piece;
		p += piece;
		left -= piece;
		if (c->filled == options.size) {
			check_answer(c, c->part, t);
			c->filled = 0;
		}
	}
	for (; left >= options.size; p += options.size, left -= options.size)
		check_answer(c, p, t);
	if (left > 0) {
		memcpy(c->part, p, left);
		c->filled = left;
	}
	ask(c, t);
}

static void echo(struct conn *c, uint32_t events, int64_t t)
{
	if (events & EPOLLOUT) {
		watch(c, EPOLL_CTL_MOD, EPOLLIN);
		ask(c, t);
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		echoed(c, t);
}

/* ---- datagrams ---- */

static void ask_datagram(struct conn *c, int64_t t)
{
	memcpy(c->out, &c->asked, sizeof c->asked);
	c->sent[0] = t;
	if (send(c->fd, c->out, options.size, 0) < 0 && errno != EAGAIN)
		die("send");
}

static void datagram(struct conn *c, uint32_t events, int64_t t)
{
	if (events & EPOLLOUT) {
		watch(c, EPOLL_CTL_MOD, EPOLLIN);
		ask_datagram(c, t);
		return;
	}
	ssize_t n = recv(c->fd, scratch, sizeof scratch, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0)
		wrong(strerror(errno));
	if ((size_t)n != options.size)
		wrong("a datagram came back in another size");
	if (memcmp(scratch, &c->asked, sizeof c->asked) != 0)
		return; /* the late answer to one that was taken for lost */
	complete(t - c->sent[0]);
	c->asked++;
	ask_datagram(c, t);
}

/* resend_lost asks again where no answer has come for long. */
static void resend_lost(int64_t t)
{
	for (int i = 0; i < options.connections; i++) {
		struct conn *c = &conns[i];
		if (c->sent[0] != 0 && t - c->sent[0] > 200 * MILLISECOND) {
			lost++;
			ask_datagram(c, t);
		}
	}
}

/* ---- streams ---- */

static void pour(struct conn *c)
{
	ssize_t n = send(c->fd, scratch, options.size, MSG_NOSIGNAL);
	if (n > 0)
		bytes += (uint64_t)n;
	else if (errno != EAGAIN)
		wrong(strerror(errno));
}

static void swallow(struct conn *c)
{
	ssize_t n = recv(c->fd, scratch, options.size, 0);
	if (n > 0)
		bytes += (uint64_t)n;
	else if (n == 0 || errno != EAGAIN)
		wrong(n == 0 ? "it closed a connection" : strerror(errno));
}

/* ---- connections that end ---- */

static void churn(struct conn *c, int64_t t)
{
	char byte;
	ssize_t n = recv(c->fd, &byte, 1, 0);
	if (n > 0)
		wrong("it sent something");
	if (n < 0) {
		if (errno == EAGAIN)
			return;
		wrong(strerror(errno));
	}
	complete(t - c->begun);
	close_conn(c);
	open_conn(c);
}

static void file(struct conn *c)
{
	/* MSG_TRUNC discards without copying, so that the receiver is not
	 * what is measured. */
	ssize_t n = recv(c->fd, scratch, MAX_BYTES, MSG_TRUNC);
	if (n > 0) {
		bytes += (uint64_t)n;
		c->received += n;
		return;
	}
	if (n < 0) {
		if (errno == EAGAIN)
			return;
		wrong(strerror(errno));
	}
	if (c->received != options.file_size)
		wrong("it sent another number of bytes than the file has");
	close_conn(c);
	open_conn(c);
}

/* ---- the loop ---- */

static void handle(struct conn *c, uint32_t events, int64_t t)
{
	if (c->connecting)
		check_connected(c);
	switch (options.mode) {
	case ECHO: echo(c, events, t); break;
	case SINK: pour(c); break;
	case SOURCE: swallow(c); break;
	case CHURN: churn(c, t); break;
	case UDP: datagram(c, events, t); break;
	case FILES: file(c); break;
	}
}

static void run_until(int64_t end)
{
	int64_t looked = now();
	for (int64_t t = looked; t < end;) {
		struct epoll_event events[BATCH];
		int n = epoll_wait(loop, events, BATCH, 50);
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			t = now();
			handle(events[i].data.ptr, events[i].events, t);
		}
		t = now();
		if (options.mode == UDP && t - looked > 50 * MILLISECOND)
			resend_lost(looked = t);
	}
}

static int64_t cpu_of_servers(void)
{
	int64_t sum = 0;
	for (int i = 0; i < options.server_count; i++)
		sum += clock_ns(options.servers[i]);
	return sum;
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	if ((loop = epoll_create1(EPOLL_CLOEXEC)) < 0)
		die("epoll_create1");
	if ((conns = calloc((size_t)options.connections, sizeof *conns)) == NULL)
		die("calloc");
	for (int i = 0; i < options.connections; i++) {
		struct conn *c = &conns[i];
		c->out = calloc((size_t)options.depth, options.size);
		c->part = malloc(options.size);
		c->sent = calloc((size_t)options.depth, sizeof *c->sent);
		if (c->out == NULL || c->part == NULL || c->sent == NULL)
			die("calloc");
		open_conn(c);
	}

	run_until(now() + options.warm_up);
	measuring = 1;
	bytes = lost = 0;
	int64_t begun = now(), cpu = cpu_of_servers();
	run_until(begun + options.length);
	cpu = cpu_of_servers() - cpu;
	double seconds = (double)(now() - begun) / 1e9;

	if (options.mode == SINK || options.mode == SOURCE || options.mode == FILES)
		messages = bytes / options.size;
	if (messages == 0)
		wrong("no message was completed");
	printf("{\"messages\": %llu, \"seconds\": %.6f, \"p50\": %llu, \"p99\": %llu, \"p999\": %llu, \"cpu\": %lld, \"lost\": %llu}\n",
	       (unsigned long long)messages, seconds, (unsigned long long)percentile(0.50), (unsigned long long)percentile(0.99),
	       (unsigned long long)percentile(0.999), (long long)cpu, (unsigned long long)lost);
	for (int i = 0; i < options.connections; i++)
		close_conn(&conns[i]);
	return 0;
}
