// SPDX-License-Identifier: Apache-2.0

// behave HOST PORT CLOSED asks sockets how they behave and says it, a line for
// each question. HOST PORT is an echo server that first sends its client's
// name in a line; nobody listens on port CLOSED of the same host. What the
// program says must be the same under whatever it runs.
#include "echo.h"
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static union name server, closed;
static char *self;

// say writes the rest of the line.
static void say(const char *format, ...) {
	va_list args;
	va_start(args, format);
	putchar(' ');
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
}

// err names the result of a call.
static const char *err(long r) {
	static const struct {
		int n;
		const char *name;
	} names[] = {
#define E(x) {x, #x}
		E(EACCES), E(EADDRINUSE), E(EADDRNOTAVAIL), E(EAFNOSUPPORT), E(EAGAIN), E(EALREADY), E(EBADF),
		E(ECONNABORTED), E(ECONNREFUSED), E(ECONNRESET), E(EDESTADDRREQ), E(EEXIST), E(EFAULT), E(EHOSTUNREACH),
		E(EINPROGRESS), E(EINTR), E(EINVAL), E(EIO), E(EISCONN), E(EMSGSIZE), E(ENETUNREACH), E(ENODEV), E(ENOENT),
		E(ENOMEM), E(ENOPROTOOPT), E(ENOSYS), E(ENOTCONN), E(ENOTSOCK), E(EOPNOTSUPP), E(EPERM), E(EPIPE),
		E(EPROTONOSUPPORT), E(EPROTOTYPE), E(ETIMEDOUT), E(ESPIPE), E(ESOCKTNOSUPPORT), E(EMFILE), E(ENXIO),
#undef E
	};
	static char other[4][32];
	static int next;
	if (r == 0)
		return "ok";
	char *text = other[next++ % 4];
	if (r > 0) {
		snprintf(text, 32, "%ld", r);
		return text;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].n == errno)
			return names[i].name;
	snprintf(text, 32, "errno %d", errno);
	return text;
}

static const char *err_of(int e) {
	errno = e;
	return err(e ? -1 : 0);
}

// got is the result of a call that gives a descriptor.
static const char *fd_or_err(int fd) { return fd >= 0 ? "ok" : err(-1); }

static int so_error(int fd) {
	int e = -1;
	socklen_t n = sizeof e;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) < 0)
		return errno;
	return e;
}

static int option(int fd, int level, int name) {
	int v = -1;
	socklen_t n = sizeof v;
	return getsockopt(fd, level, name, &v, &n) < 0 ? -errno : v;
}

static void set(int fd, int level, int name, int v) {
	if (setsockopt(fd, level, name, &v, sizeof v) < 0)
		say("setsockopt %d %d %s", level, name, err(-1));
}

static void nonblocking(int fd, int on) {
	int flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

static int tcp(int flags) { return socket(server.sa.sa_family, SOCK_STREAM | flags, 0); }

static int connect_to(int fd, const union name *n) { return connect(fd, &n->sa, name_size(n)); }

static const char *events(short e) {
	static char text[4][80];
	static int next;
	char *s = text[next++ % 4];
	snprintf(s, 80, "%s%s%s%s%s%s", e & POLLIN ? "in," : "", e & POLLOUT ? "out," : "", e & POLLPRI ? "pri," : "",
	         e & POLLERR ? "err," : "", e & POLLHUP ? "hup," : "", e & POLLRDHUP ? "rdhup," : "");
	return *s ? s : "nothing";
}

static short wait_for(int fd, short what, int ms) {
	struct pollfd p = {fd, what, 0};
	poll(&p, 1, ms);
	return p.revents;
}

static void pause_ms(int ms) {
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	while (nanosleep(&t, &t) < 0)
		;
}

// line reads the line that the server begins with and compares it with the
// socket's name.
static const char *line(int fd) {
	static char out[200];
	char got[80], text[80];
	size_t n = 0;
	union name own;
	socklen_t size = sizeof own;
	do {
		ssize_t r = read(fd, got + n, 1);
		if (r != 1) {
			snprintf(out, sizeof out, "no line: %s", err(r));
			return out;
		}
	} while (got[n++] != '\n' && n < sizeof got);
	got[n - 1] = 0;
	if (getsockname(fd, &own.sa, &size) < 0)
		return "no name";
	if (strcmp(got, format_name(&own, text)) == 0)
		return "named";
	snprintf(out, sizeof out, "server sees %s, own name is %s", got, text);
	return out;
}

static const char *peer_is(int fd, const union name *want) {
	static char out[100];
	union name peer;
	socklen_t n = sizeof peer;
	if (getpeername(fd, &peer.sa, &n) < 0)
		return err(-1);
	if (n == name_size(want) && same_name(&peer, want))
		return "right";
	format_name(&peer, out);
	return out;
}

// echo sends and receives.
static const char *echo(int fd, const char *text) {
	static char got[200];
	size_t n = strlen(text), at = 0;
	ssize_t r = send(fd, text, n, MSG_NOSIGNAL);
	if (r != (ssize_t)n)
		return err(r);
	while (at < n) {
		r = recv(fd, got + at, n - at, 0);
		if (r <= 0)
			return r == 0 ? "end" : err(r);
		at += r;
	}
	return memcmp(got, text, n) == 0 ? "echo" : "garbled";
}

// own_listener makes one of this process's own.
static int own_listener(union name *n, int backlog) {
	memset(n, 0, sizeof *n);
	n->v4.sin_family = AF_INET;
	n->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof n->v4;
	if (bind(fd, &n->sa, size) < 0 || listen(fd, backlog) < 0 || getsockname(fd, &n->sa, &size) < 0)
		say("own listener: %s", err(-1));
	return fd;
}

// pair makes a connection to an own listener.
static void pair(int *client, int *accepted) {
	union name n;
	int l = own_listener(&n, 5);
	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect_to(*client, &n) < 0)
		say("pair: connect %s", err(-1));
	*accepted = accept(l, NULL, NULL);
	if (*accepted < 0)
		say("pair: accept %s", err(-1));
	close(l);
}

// full_listener makes a listener whose queue is full, so that a connection to
// it stays under way.
static int full_listener(union name *n) {
	int l = own_listener(n, 0);
	for (int i = 0; i < 2; i++) {
		int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect_to(c, n);
		pause_ms(50);
	}
	return l;
}

static volatile int alarms;
static void on_alarm(int sig) { alarms++; }

// interrupt has signals come that end calls, again and again, as the first
// may come before the call. It returns who sends them.
static pid_t interrupt(void) {
	struct sigaction a = {.sa_handler = on_alarm};
	sigaction(SIGUSR1, &a, NULL);
	pid_t parent = getpid();
	alarms = 0;
	pid_t child = fork();
	if (child == 0)
		for (;;) {
			pause_ms(200);
			kill(parent, SIGUSR1);
		}
	return child;
}

// restart has a signal come after which calls go on. Its child returns 0
// after that.
static pid_t restart(void) {
	struct sigaction a = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &a, NULL);
	pid_t parent = getpid();
	alarms = 0;
	pid_t child = fork();
	if (child == 0) {
		pause_ms(200);
		kill(parent, SIGUSR1);
		pause_ms(400);
	}
	return child;
}

// --- the questions

static void q_connect(void) {
	int fd = tcp(0);
	say("%s", err(connect_to(fd, &server)));
	say("peer %s", peer_is(fd, &server));
	say("%s", line(fd));
	say("%s", echo(fd, "hello"));
	say("again %s", err(connect_to(fd, &server)));
}

static void q_connect_nonblocking(void) {
	int fd = tcp(SOCK_NONBLOCK);
	say("%s", err(connect_to(fd, &server)));
	say("poll %s", events(wait_for(fd, POLLOUT, 10000)));
	say("error %s", err_of(so_error(fd)));
	say("again %s", err(connect_to(fd, &server)));
	say("and again %s", err(connect_to(fd, &server)));
	nonblocking(fd, 0);
	say("peer %s", peer_is(fd, &server));
	say("%s", line(fd));
	say("%s", echo(fd, "hello"));
}

static void q_connect_fionbio(void) {
	int fd = tcp(0), on = 1;
	ioctl(fd, FIONBIO, &on);
	say("%s", err(connect_to(fd, &server)));
	say("poll %s", events(wait_for(fd, POLLOUT, 10000)));
	on = 0;
	ioctl(fd, FIONBIO, &on);
	say("%s", line(fd));
}

static void q_epoll_before(void) {
	int fd = tcp(SOCK_NONBLOCK), ep = epoll_create1(0);
	struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u32 = 7}}, got = {0};
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	int n = epoll_wait(ep, &got, 1, 0);
	say("before %d %s", n, events(got.events));
	say("%s", err(connect_to(fd, &server)));
	do
		n = epoll_wait(ep, &got, 1, 10000);
	while (n == 1 && (got.events & EPOLLHUP));
	say("then %d %s %u", n, got.events & EPOLLOUT ? "out" : "not out", got.data.u32);
	say("readable %s", wait_for(fd, POLLIN, 10000) & POLLIN ? "yes" : "no");
	nonblocking(fd, 0);
	say("%s", line(fd));
	send(fd, "x", 1, 0);
	shutdown(fd, SHUT_WR);
	unsigned seen = 0;
	for (int i = 0; i < 10 && !(seen & EPOLLRDHUP); i++)
		if (epoll_wait(ep, &got, 1, 2000) == 1)
			seen |= got.events;
	say("end %s", seen & EPOLLRDHUP ? "rdhup" : "no rdhup");
}

static void q_select(void) {
	int fd = tcp(SOCK_NONBLOCK);
	connect_to(fd, &server);
	fd_set w;
	FD_ZERO(&w);
	FD_SET(fd, &w);
	struct timeval t = {10, 0};
	int n = select(fd + 1, NULL, &w, NULL, &t);
	say("%d error %s", n, err_of(so_error(fd)));
}

static void q_refused(void) {
	int fd = tcp(0);
	say("%s", err(connect_to(fd, &closed)));
	say("error %s", err_of(so_error(fd)));
	say("peer %s", peer_is(fd, &server));
	say("another try %s", err(connect_to(fd, &server)));
	say("%s", line(fd));
}

static void q_refused_nonblocking(void) {
	int fd = tcp(SOCK_NONBLOCK);
	say("%s", err(connect_to(fd, &closed)));
	say("poll %s", wait_for(fd, POLLIN | POLLOUT, 10000) & POLLERR ? "err" : "no error");
	pause_ms(50); // what there is to see need not come at once
	say("then %s", events(wait_for(fd, POLLIN | POLLOUT, 0)));
	say("error %s", err_of(so_error(fd)));
	say("error then %s", err_of(so_error(fd)));
	char b;
	say("recv %s", err(recv(fd, &b, 1, 0)));
}

static void q_refused_seen_by_connect(void) {
	int fd = tcp(SOCK_NONBLOCK);
	connect_to(fd, &closed);
	wait_for(fd, POLLOUT, 10000);
	say("%s", err(connect_to(fd, &closed)));
}

static void q_unreachable(void) {
	union name n = parse_name("255.255.255.255", "9");
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	say("%s", err(connect_to(fd, &n)));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int r = connect_to(fd, &n);
	if (r < 0 && errno == EINPROGRESS) { // allowed, if the error comes later
		wait_for(fd, POLLOUT, 10000);
		errno = so_error(fd);
	}
	say("non-blocking %s", err(r));
	n = parse_name("ff02::1", "9");
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	say("multicast %s", err(connect_to(fd, &n)));
}

static void q_timeout(void) {
	union name n;
	full_listener(&n);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	set(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
	say("%s", err(connect_to(fd, &n)));
}

static void q_connect_timeout_option(void) {
	union name n;
	full_listener(&n);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval t = {0, 200000};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
	say("%s", err(connect_to(fd, &n)));
	nonblocking(fd, 1);
	say("then %s", err(connect_to(fd, &n)));
}

static void q_already(void) {
	union name n;
	full_listener(&n);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	say("%s", err(connect_to(fd, &n)));
	say("again %s", err(connect_to(fd, &n)));
	say("poll %s", events(wait_for(fd, POLLOUT | POLLIN, 100)));
	say("error %s", err_of(so_error(fd)));
	say("peer %s", peer_is(fd, &n));
	char b;
	say("recv %s", err(recv(fd, &b, 1, MSG_DONTWAIT)));
	say("send %s", err(send(fd, &b, 1, MSG_DONTWAIT | MSG_NOSIGNAL)));
}

// A connect under way is completed when the listener has room.
static void q_slow_connect(void) {
	union name n;
	int l = full_listener(&n);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	say("%s", err(connect_to(fd, &n)));
	say("poll %s", events(wait_for(fd, POLLOUT, 100)));
	listen(l, 16);
	accept(l, NULL, NULL);
	say("then %s", events(wait_for(fd, POLLOUT, 15000)));
	say("error %s", err_of(so_error(fd)));
}

static void q_connect_interrupted(void) {
	union name n;
	full_listener(&n);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t sender = interrupt();
	int r = connect_to(fd, &n);
	say("%s", err(r));
	kill(sender, SIGKILL);
	say("%s", alarms ? "signal" : "no signal");
	nonblocking(fd, 1);
	say("then %s", err(connect_to(fd, &n)));
}

static void q_connect_restarted(void) {
	union name n;
	int l = full_listener(&n);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (restart() == 0) {
		listen(l, 16);
		accept(l, NULL, NULL);
		pause_ms(5000);
		_exit(0);
	}
	say("%s", err(connect_to(fd, &n)));
	say("alarms %d peer %s", alarms, peer_is(fd, &n));
}

static void q_options_before(void) {
	int fd = tcp(0);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 13);
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 54321);
	set(fd, SOL_SOCKET, SO_RCVBUF, 50000);
	set(fd, SOL_SOCKET, SO_SNDBUF, 60000);
	set(fd, SOL_SOCKET, SO_RCVLOWAT, 3);
	struct linger on = {1, 5}, l;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &on, sizeof on);
	struct timeval t = {7, 0}, u = {0};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	set(fd, IPPROTO_IP, IP_TOS, 0x10);
	say("%s", err(connect_to(fd, &server)));
	say("keepalive %d", option(fd, SOL_SOCKET, SO_KEEPALIVE));
	say("%d", option(fd, IPPROTO_TCP, TCP_KEEPIDLE));
	say("%d", option(fd, IPPROTO_TCP, TCP_KEEPINTVL));
	say("nodelay %d", option(fd, IPPROTO_TCP, TCP_NODELAY));
	say("user time-out %d", option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
	say("buffers %d", option(fd, SOL_SOCKET, SO_RCVBUF));
	say("%d", option(fd, SOL_SOCKET, SO_SNDBUF));
	say("lowat %d", option(fd, SOL_SOCKET, SO_RCVLOWAT));
	say("tos %d", option(fd, IPPROTO_IP, IP_TOS));
	socklen_t n = sizeof l;
	getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &n);
	n = sizeof u;
	getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &u, &n);
	say("linger %d %d time-out %ld", l.l_onoff, l.l_linger, (long)u.tv_sec);
}

static void q_options_after(void) {
	int fd = tcp(0);
	connect_to(fd, &server);
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_CORK, 0);
	struct tcp_info i;
	socklen_t n = sizeof i;
	say("info %s", err(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n)));
	say("state %d", i.tcpi_state);
	say("type %d", option(fd, SOL_SOCKET, SO_TYPE));
	say("domain %d", option(fd, SOL_SOCKET, SO_DOMAIN) == server.sa.sa_family);
	say("protocol %d", option(fd, SOL_SOCKET, SO_PROTOCOL));
	say("listening %d", option(fd, SOL_SOCKET, SO_ACCEPTCONN));
	say("nodelay %d", option(fd, IPPROTO_TCP, TCP_NODELAY));
	say("unknown option %s", err(setsockopt(fd, IPPROTO_TCP, 9999, &n, sizeof n)));
	say("short option %s", err(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &n, 1)));
}

static void q_device(void) {
	int fd = tcp(0);
	setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	say("%s", err(connect_to(fd, &server)));
	char name[IFNAMSIZ] = "";
	socklen_t n = sizeof name;
	getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &n);
	say("%s %s", name, line(fd));
}

static void q_dup(void) {
	int a = tcp(0), b = dup(a), c = fcntl(a, F_DUPFD, 100);
	say("%s", err(connect_to(a, &server)));
	close(a);
	say("b %s", peer_is(b, &server));
	say("%s", line(b));
	say("c %s", echo(c, "through the copy"));
	int d = tcp(0);
	dup2(b, d);
	say("d %s", echo(d, "through dup2"));
}

static void q_fork_share(void) {
	int fd = tcp(0), status;
	pid_t child = fork();
	if (child == 0)
		_exit(connect_to(fd, &server) == 0 ? 42 : errno);
	waitpid(child, &status, 0);
	say("child %d", WEXITSTATUS(status));
	say("parent %s", peer_is(fd, &server));
	say("%s", line(fd));
	child = fork();
	if (child == 0)
		_exit(send(fd, "abc", 3, 0));
	waitpid(child, &status, 0);
	char b[4] = "";
	say("child sent %d", WEXITSTATUS(status));
	say("parent got %s", err(recv(fd, b, 3, MSG_WAITALL)));
}

static void q_exec(void) {
	int fd = tcp(0), status;
	char number[20];
	connect_to(fd, &server);
	line(fd);
	snprintf(number, sizeof number, "%d", fd);
	pid_t child = vfork();
	if (child == 0) {
		execl(self, self, "inherited", number, (char *)NULL);
		_exit(99);
	}
	waitpid(child, &status, 0);
	say("inherited %d", WEXITSTATUS(status));
	fd = tcp(SOCK_CLOEXEC);
	snprintf(number, sizeof number, "%d", fd);
	connect_to(fd, &server);
	child = vfork();
	if (child == 0) {
		execl(self, self, "inherited", number, (char *)NULL);
		_exit(99);
	}
	waitpid(child, &status, 0);
	say("closed %d", WEXITSTATUS(status));
}

// inherited is the program that q_exec starts.
static int inherited(int fd) {
	union name peer;
	socklen_t n = sizeof peer;
	if (getpeername(fd, &peer.sa, &n) < 0)
		return errno == EBADF ? 9 : 1;
	return strcmp(echo(fd, "inherited"), "echo") == 0 ? 0 : 2;
}

static void q_names_unconnected(void) {
	int fd = tcp(0);
	union name n;
	socklen_t size = sizeof n;
	say("peer %s", peer_is(fd, &server));
	int r = getsockname(fd, &n.sa, &size);
	say("own %s", err(r));
	say("%d", size == name_size(&n));
	say("bytes port %d", ntohs(n.v4.sin_port));
}

static void q_names_short(void) {
	int fd = tcp(0);
	connect_to(fd, &server);
	char b[40];
	memset(b, 'z', sizeof b);
	socklen_t n = 4;
	int r = getpeername(fd, (struct sockaddr *)b, &n);
	say("%s", err(r));
	say("size %d", n == name_size(&server));
	say("untouched %d", b[4] == 'z');
	say("family %d", *(short *)b == server.sa.sa_family);
	n = 0;
	say("%s", err(getsockname(fd, (struct sockaddr *)b, &n)));
	n = -1;
	say("%s", err(getpeername(fd, (struct sockaddr *)b, &n)));
	say("%s", err(getpeername(fd, (struct sockaddr *)b, NULL)));
}

static void q_bind_address(void) {
	if (server.sa.sa_family != AF_INET) {
		say("v4 only");
		return;
	}
	union name n = parse_name("127.0.0.2", "0"), own;
	socklen_t size = sizeof own;
	char text[80];
	int fd = tcp(0);
	say("%s", err(bind(fd, &n.sa, name_size(&n))));
	getsockname(fd, &own.sa, &size);
	int port = own.v4.sin_port;
	say("port %s", port ? "given" : "none");
	say("%s", err(connect_to(fd, &server)));
	size = sizeof own;
	getsockname(fd, &own.sa, &size);
	say("same port %d %s", own.v4.sin_port == port, line(fd));
	own.v4.sin_port = 0;
	say("%s", format_name(&own, text));
}

static void q_bind_any_connect(void) {
	int fd = tcp(0);
	union name n = server, own;
	memset((char *)&n + 2, 0, sizeof n - 2);
	say("%s", err(bind(fd, &n.sa, name_size(&n))));
	say("%s", err(connect_to(fd, &server)));
	socklen_t size = sizeof own;
	getsockname(fd, &own.sa, &size);
	say("%s any %d", line(fd), own.v4.sin_addr.s_addr == 0);
}

static void q_connect_any(void) {
	union name n, any, own;
	own_listener(&n, 5);
	any = n;
	any.v4.sin_addr.s_addr = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	say("%s", err(connect_to(fd, &any)));
	say("peer %s", peer_is(fd, &n));
	socklen_t size = sizeof own;
	getsockname(fd, &own.sa, &size);
	say("own loopback %d", own.v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
}

static void q_half_close(void) {
	int c, a;
	char b[10];
	pair(&c, &a);
	say("%s", err(shutdown(a, SHUT_WR)));
	say("client gets %s", err(read(c, b, 1)));
	say("poll %s", events(wait_for(c, POLLIN | POLLRDHUP | POLLOUT, 1000)));
	say("client sends %s", err(send(c, "x", 1, MSG_NOSIGNAL)));
	say("server gets %s", err(read(a, b, 1)));
	say("%s", err(shutdown(c, SHUT_WR)));
	say("server gets %s", err(read(a, b, 1)));
	wait_for(c, POLLHUP, 1000);
	say("poll %s", events(wait_for(c, POLLIN | POLLRDHUP, 1000)));
	say("send after %s", err(send(c, "x", 1, MSG_NOSIGNAL)));
}

static void q_shutdown_read(void) {
	int fd = tcp(0);
	char b[100];
	say("unconnected %s", err(shutdown(tcp(0), SHUT_RD)));
	connect_to(fd, &server);
	line(fd);
	say("%s", err(shutdown(fd, SHUT_RD)));
	say("recv %s", err(recv(fd, b, 1, 0)));
	say("send %s", err(send(fd, b, 1, MSG_NOSIGNAL)));
	say("wrong %s", err(shutdown(fd, 7)));
}

static void q_reset(void) {
	int c, a;
	char b[10];
	struct linger hard = {1, 0};
	pair(&c, &a);
	setsockopt(a, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(a);
	say("poll %s", wait_for(c, POLLIN, 5000) & POLLERR ? "err" : "no err");
	say("recv %s", err(recv(c, b, 1, 0)));
	say("recv %s", err(recv(c, b, 1, 0)));
	say("send %s", err(send(c, b, 1, MSG_NOSIGNAL)));
	pair(&c, &a);
	setsockopt(c, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(c);
	wait_for(a, POLLIN, 5000);
	say("the other way %s", err(recv(a, b, 1, 0)));
}

static void q_unread_close(void) {
	int c, a;
	char b[10];
	pair(&c, &a);
	send(c, "unread", 6, 0);
	wait_for(a, POLLIN, 5000);
	close(a);
	wait_for(c, POLLIN, 5000);
	say("recv %s", err(recv(c, b, 1, 0)));
}

static void q_pipe(void) {
	int c, a;
	pair(&c, &a);
	close(a);
	wait_for(c, POLLIN, 5000);
	say("first %s", err(send(c, "x", 1, MSG_NOSIGNAL)));
	wait_for(c, POLLHUP, 5000);
	pause_ms(100);
	say("second %s", err(send(c, "x", 1, MSG_NOSIGNAL)));
	signal(SIGPIPE, SIG_DFL);
	if (fork() == 0) {
		write(c, "x", 1);
		_exit(0);
	}
	int status;
	wait(&status);
	say("signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void q_urgent(void) {
	int c, a, mark = -1;
	char b[10] = "";
	pair(&c, &a);
	say("send %s", err(send(c, "ab", 2, 0)));
	say("send %s", err(send(c, "!", 1, MSG_OOB)));
	say("send %s", err(send(c, "cd", 2, 0)));
	say("poll %s", wait_for(a, POLLPRI, 5000) & POLLPRI ? "pri" : "not pri");
	pause_ms(100);
	ssize_t n = recv(a, b, sizeof b, 0);
	say("before %.*s", (int)(n > 0 ? n : 0), b);
	ioctl(a, SIOCATMARK, &mark);
	say("mark %d", mark);
	n = recv(a, b, 1, MSG_OOB);
	say("urgent %s %c", err(n), b[0]);
	n = recv(a, b, sizeof b, 0);
	say("after %.*s", (int)(n > 0 ? n : 0), b);
	say("no more %s", err(recv(a, b, 1, MSG_OOB | MSG_DONTWAIT)));
}

static void q_urgent_inline(void) {
	int c, a;
	char b[10] = "";
	pair(&c, &a);
	set(a, SOL_SOCKET, SO_OOBINLINE, 1);
	send(c, "ab", 2, 0);
	send(c, "!", 1, MSG_OOB);
	send(c, "cd", 2, 0);
	shutdown(c, SHUT_WR);
	pause_ms(100);
	for (ssize_t n; (n = recv(a, b, sizeof b, 0)) > 0;)
		say("%.*s", (int)n, b);
}

static void q_fionread(void) {
	int c, a, n = -1;
	pair(&c, &a);
	ioctl(a, FIONREAD, &n);
	say("%d", n);
	send(c, "12345", 5, 0);
	wait_for(a, POLLIN, 5000);
	ioctl(a, FIONREAD, &n);
	say("%d", n);
	for (int i = 0; i < 100; i++) {
		ioctl(c, SIOCOUTQ, &n);
		if (n == 0)
			break;
		pause_ms(10);
	}
	say("queued %d", n);
}

static void q_peek(void) {
	int c, a;
	char b[20] = "";
	pair(&c, &a);
	send(c, "peekaboo", 8, 0);
	wait_for(a, POLLIN, 5000);
	say("peek %s", err(recv(a, b, 4, MSG_PEEK)));
	say("all %s", err(recv(a, b, 20, MSG_PEEK | MSG_DONTWAIT)));
	say("%.4s", b);
	say("discard %s", err(recv(a, NULL, 4, MSG_TRUNC)));
	if (fork() == 0) {
		pause_ms(100);
		send(c, "0123", 4, 0);
		_exit(0);
	}
	say("all of them %s", err(recv(a, b, 8, MSG_WAITALL)));
	say("%.8s", b);
	say("none %s", err(recv(a, b, 1, MSG_DONTWAIT)));
}

static void q_rcvtimeo(void) {
	int c, a;
	char b;
	pair(&c, &a);
	struct timeval t = {0, 100000};
	setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	say("recv %s", err(recv(a, &b, 1, 0)));
	union name n;
	int l = own_listener(&n, 5);
	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	say("accept %s", err(accept(l, NULL, NULL)));
	union name peer;
	socklen_t size = sizeof peer;
	say("with address %s", err(accept(l, &peer.sa, &size)));
}

static void q_accept_interrupted(void) {
	union name n, peer;
	socklen_t size = sizeof peer;
	int l = own_listener(&n, 5);
	for (int i = 0; i < 2; i++) {
		pid_t sender = interrupt();
		int fd = accept(l, i ? &peer.sa : NULL, i ? &size : NULL);
		say("%s", fd_or_err(fd));
		kill(sender, SIGKILL);
		say("%s", alarms ? "signal" : "no signal");
	}
}

static void q_accept_restarted(void) {
	union name n, peer;
	int l = own_listener(&n, 5);
	for (int i = 0; i < 2; i++) {
		if (restart() == 0) {
			int c = socket(AF_INET, SOCK_STREAM, 0);
			connect_to(c, &n);
			send(c, "late", 4, 0);
			pause_ms(100);
			_exit(0);
		}
		socklen_t size = sizeof peer;
		int fd = accept(l, i ? &peer.sa : NULL, i ? &size : NULL);
		char b[10];
		say("%s", fd_or_err(fd));
		say("got %s alarms %d", err(recv(fd, b, 10, 0)), alarms);
	}
}

static void q_accept_names(void) {
	union name n, peer, own;
	char b[200];
	int l = own_listener(&n, 5), c[5];
	for (int i = 0; i < 5; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM, 0);
		connect_to(c[i], &n);
	}
	socklen_t size = sizeof peer, other = sizeof own;
	int fd = accept(l, &peer.sa, &size);
	getsockname(c[0], &own.sa, &other);
	say("%s", fd_or_err(fd));
	say("right %d", same_name(&peer, &own));
	say("size %d", size == sizeof peer.v4);
	say("peer %s", peer_is(fd, &own));
	other = sizeof own;
	getsockname(fd, &own.sa, &other);
	say("own %d", same_name(&own, &n));
	size = 4;
	memset(b, 'z', sizeof b);
	fd = accept(l, (struct sockaddr *)b, &size);
	say("short %s", fd_or_err(fd));
	say("size %d", (int)size);
	say("untouched %d", b[4] == 'z');
	size = sizeof b;
	fd = accept(l, (struct sockaddr *)b, &size);
	say("long %s", fd_or_err(fd));
	say("size %d", (int)size);
	size = -1;
	say("negative %s", fd_or_err(accept(l, &peer.sa, &size)));
	say("no size %s", fd_or_err(accept(l, &peer.sa, NULL)));
}

static void q_accept4(void) {
	union name n;
	int l = own_listener(&n, 5);
	int cases[] = {0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK};
	for (int i = 0; i < 8; i++) {
		int c = socket(AF_INET, SOCK_STREAM, 0);
		union name peer;
		socklen_t size = sizeof peer;
		connect_to(c, &n);
		int fd = accept4(l, i < 4 ? NULL : &peer.sa, i < 4 ? NULL : &size, cases[i % 4]);
		say("%s", fcntl(fd, F_GETFD) & FD_CLOEXEC ? "cloexec" : "");
		say("%s", fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblock" : "-");
		close(c);
		close(fd);
	}
	say("flags %s", err(accept4(l, NULL, NULL, 1)));
	union name peer;
	socklen_t size = sizeof peer;
	say("flags %s", err(accept4(l, &peer.sa, &size, 1)));
	nonblocking(l, 1);
	say("none %s", err(accept(l, NULL, NULL)));
	say("none %s", err(accept(l, &peer.sa, &size)));
	int u = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);
	say("udp %s", err(accept(u, NULL, NULL)));
	say("not listening %s", err(accept(s, &peer.sa, &size)));
}

static void q_accept_lowest(void) {
	union name n, peer;
	socklen_t size = sizeof peer;
	int l = own_listener(&n, 5), c = socket(AF_INET, SOCK_STREAM, 0);
	connect_to(c, &n);
	int hole = dup(0);
	dup(0);
	close(hole);
	say("%d", accept(l, &peer.sa, &size) == hole);
}

static void q_accept_aborted(void) {
	union name n;
	int l = own_listener(&n, 5), c = socket(AF_INET, SOCK_STREAM, 0);
	struct linger hard = {1, 0};
	setsockopt(c, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	connect_to(c, &n);
	close(c);
	pause_ms(100);
	nonblocking(l, 1);
	int fd = accept(l, NULL, NULL);
	char b;
	say("%s", fd_or_err(fd));
	if (fd >= 0)
		say("recv %s", err(recv(fd, &b, 1, 0)));
}

static void q_v6_both(void) {
	union name n = parse_name("::", "0"), four, own;
	int l = socket(AF_INET6, SOCK_STREAM, 0);
	set(l, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	say("%s", err(bind(l, &n.sa, sizeof n.v6)));
	say("%s", err(listen(l, 5)));
	socklen_t size = sizeof n;
	getsockname(l, &n.sa, &size);
	char port[10], text[INET6_ADDRSTRLEN];
	snprintf(port, sizeof port, "%d", ntohs(n.v6.sin6_port));
	four = parse_name("127.0.0.1", port);
	int c = socket(AF_INET, SOCK_STREAM, 0);
	say("v4 %s", err(connect_to(c, &four)));
	union name peer;
	size = sizeof peer;
	int a = accept(l, &peer.sa, &size);
	inet_ntop(AF_INET6, &peer.v6.sin6_addr, text, sizeof text);
	socklen_t other = sizeof own;
	getsockname(c, &own.sa, &other);
	say("%s from %s size %d port %d", fd_or_err(a), text, size == sizeof peer.v6, own.v4.sin_port == peer.v6.sin6_port);
	size = sizeof own;
	getsockname(a, &own.sa, &size);
	inet_ntop(AF_INET6, &own.v6.sin6_addr, text, sizeof text);
	say("own %s", text);
	union name six = parse_name("::1", port);
	c = socket(AF_INET6, SOCK_STREAM, 0);
	say("v6 %s", err(connect_to(c, &six)));
	int other_l = socket(AF_INET, SOCK_STREAM, 0);
	say("v4 bind %s", err(bind(other_l, &four.sa, sizeof four.v4)));
}

static void q_v6_only(void) {
	union name n = parse_name("::", "0"), four;
	int l = socket(AF_INET6, SOCK_STREAM, 0);
	set(l, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	say("%s", err(bind(l, &n.sa, sizeof n.v6)));
	say("%s", err(listen(l, 5)));
	socklen_t size = sizeof n;
	getsockname(l, &n.sa, &size);
	char port[10];
	snprintf(port, sizeof port, "%d", ntohs(n.v6.sin6_port));
	four = parse_name("127.77.1.1", port); // where nobody else is
	int c = socket(AF_INET, SOCK_STREAM, 0);
	say("v4 %s", err(connect_to(c, &four)));
	int other = socket(AF_INET, SOCK_STREAM, 0);
	say("v4 bind %s", err(bind(other, &four.sa, sizeof four.v4)));
	c = socket(AF_INET6, SOCK_STREAM, 0);
	set(c, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	union name mapped = parse_name("::ffff:127.0.0.1", port);
	say("mapped from v6only %s", err(connect_to(c, &mapped)));
}

static void q_mapped(void) {
	union name n, mapped, peer;
	int l = own_listener(&n, 5);
	char port[10], text[INET6_ADDRSTRLEN];
	snprintf(port, sizeof port, "%d", ntohs(n.v4.sin_port));
	mapped = parse_name("::ffff:127.0.0.1", port);
	int c = socket(AF_INET6, SOCK_STREAM, 0);
	say("%s", err(connect_to(c, &mapped)));
	socklen_t size = sizeof peer;
	getpeername(c, &peer.sa, &size);
	inet_ntop(AF_INET6, &peer.v6.sin6_addr, text, sizeof text);
	say("peer %s size %d", text, size == sizeof peer.v6);
	size = sizeof peer;
	getsockname(c, &peer.sa, &size);
	inet_ntop(AF_INET6, &peer.v6.sin6_addr, text, sizeof text);
	say("own %s", text);
	int a = accept(l, NULL, NULL);
	say("accept %s", fd_or_err(a));
	say("send %s", err(send(c, "x", 1, 0)));
	say("recv %s", err(recv(a, text, 1, 0)));
}

static void send_fd(int via, int fd) {
	char control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec v = {"f", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	if (sendmsg(via, &m, 0) != 1)
		say("sendmsg %s", err(-1));
}

static int recv_fd(int via) {
	char control[CMSG_SPACE(sizeof(int))], b;
	struct iovec v = {&b, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	int fd = -1;
	if (recvmsg(via, &m, MSG_CMSG_CLOEXEC) != 1)
		say("recvmsg %s", err(-1));
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c)
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static void q_rights(void) {
	int s[2], status;
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pid_t child = fork();
	if (child == 0) {
		int connected = recv_fd(s[1]), fresh = recv_fd(s[1]);
		int good = strcmp(peer_is(connected, &server), "right") == 0 && strcmp(echo(connected, "passed"), "echo") == 0;
		good += 2 * (connect_to(fresh, &server) == 0 && strcmp(line(fresh), "named") == 0);
		_exit(good);
	}
	int a = tcp(0), b = tcp(0);
	connect_to(a, &server);
	line(a);
	send_fd(s[0], a);
	send_fd(s[0], b);
	waitpid(child, &status, 0);
	say("%d", WEXITSTATUS(status));
	say("%s", peer_is(b, &server));
	say("%s", echo(b, "after"));
}

static void *routine_thread(void *arg) {
	long bad = 0;
	for (int i = 0; i < 20; i++) {
		int fd = tcp(i % 2 ? SOCK_NONBLOCK : 0);
		int r = connect_to(fd, &server);
		if (i % 2) {
			wait_for(fd, POLLOUT, 10000);
			nonblocking(fd, 0);
			r = so_error(fd);
		}
		char b[200];
		bad += r != 0 || recv(fd, b, sizeof b, 0) <= 0;
		close(fd);
	}
	return (void *)bad;
}

static void q_threads(void) {
	pthread_t t[8];
	long bad = 0;
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, routine_thread, NULL);
	for (int i = 0; i < 8; i++) {
		void *r;
		pthread_join(t[i], &r);
		bad += (long)r;
	}
	say("%ld bad", bad);
}

static void q_unix(void) {
	struct sockaddr_un n = {.sun_family = AF_UNIX}, got;
	// In a sandbox, the process's number is not its alone on this machine.
	unsigned long unique = 0;
	getentropy(&unique, sizeof unique);
	snprintf(n.sun_path + 1, sizeof n.sun_path - 1, "behave-%016lx", unique);
	socklen_t size = 3 + strlen(n.sun_path + 1);
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	say("early %s", err(connect(c, (struct sockaddr *)&n, size)));
	say("%s", err(bind(l, (struct sockaddr *)&n, size)));
	say("%s", err(listen(l, 5)));
	say("%s", err(connect(c, (struct sockaddr *)&n, size)));
	socklen_t k = sizeof got;
	int a = accept(l, (struct sockaddr *)&got, &k);
	say("%s", fd_or_err(a));
	say("size %d", (int)k);
	k = sizeof got;
	say("%s size %d", err(getpeername(c, (struct sockaddr *)&got, &k)), k == size);
	struct ucred u;
	k = sizeof u;
	getsockopt(a, SOL_SOCKET, SO_PEERCRED, &u, &k);
	say("owner %d", u.pid == getpid());
	int d = socket(AF_UNIX, SOCK_DGRAM, 0), e = socket(AF_UNIX, SOCK_DGRAM, 0);
	n.sun_path[1] = 'd';
	bind(d, (struct sockaddr *)&n, size);
	say("sendto %s", err(sendto(e, "abc", 3, 0, (struct sockaddr *)&n, size)));
	char b[10];
	k = sizeof got;
	say("recvfrom %s", err(recvfrom(d, b, 10, 0, (struct sockaddr *)&got, &k)));
	struct mmsghdr m[2];
	struct iovec v[2] = {{"12", 2}, {"345", 3}};
	memset(m, 0, sizeof m);
	for (int i = 0; i < 2; i++)
		m[i].msg_hdr = (struct msghdr){.msg_name = &n, .msg_namelen = size, .msg_iov = &v[i], .msg_iovlen = 1};
	say("sendmmsg %s", err(sendmmsg(e, m, 2, 0)));
	struct msghdr r = {.msg_name = &got, .msg_namelen = sizeof got, .msg_iov = &(struct iovec){b, 10}, .msg_iovlen = 1};
	say("recvmsg %s", err(recvmsg(d, &r, 0)));
}

static void q_netlink(void) {
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl n = {.nl_family = AF_NETLINK};
	say("%s", fd_or_err(fd));
	say("%s", err(bind(fd, (struct sockaddr *)&n, sizeof n)));
	socklen_t k = sizeof n;
	getsockname(fd, (struct sockaddr *)&n, &k);
	say("named %d", n.nl_pid != 0 && k == sizeof n);
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} ask = {{sizeof ask, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {AF_UNSPEC}};
	memset(&n, 0, sizeof n);
	n.nl_family = AF_NETLINK;
	say("sendto %d", sendto(fd, &ask, sizeof ask, 0, (struct sockaddr *)&n, sizeof n) == sizeof ask);
	static char b[32768];
	k = sizeof n;
	ssize_t r = recvfrom(fd, b, sizeof b, 0, (struct sockaddr *)&n, &k);
	say("recvfrom %d type %d from kernel %d", r > 0, ((struct nlmsghdr *)b)->nlmsg_type, n.nl_pid == 0);
	struct ifaddrs *list = NULL;
	int lo = 0;
	say("getifaddrs %s", err(getifaddrs(&list)));
	for (struct ifaddrs *i = list; i; i = i->ifa_next)
		lo += strcmp(i->ifa_name, "lo") == 0 && i->ifa_addr && i->ifa_addr->sa_family == AF_INET;
	say("lo %d", lo > 0);
}

static void q_pointers(void) {
	int fd = tcp(0), u = socket(server.sa.sa_family, SOCK_DGRAM, 0);
	struct sockaddr *bad = (struct sockaddr *)8;
	socklen_t n = name_size(&server);
	struct mmsghdr m = {{.msg_name = bad, .msg_namelen = n, .msg_iov = &(struct iovec){"x", 1}, .msg_iovlen = 1}, 0};
	say("connect %s", err(connect(fd, bad, n)));
	say("bind %s", err(bind(fd, bad, n)));
	say("sendto %s", err(sendto(u, "x", 1, 0, bad, n)));
	say("sendmsg %s", err(sendmsg(u, &m.msg_hdr, 0)));
	say("header %s", err(sendmsg(u, (struct msghdr *)8, 0)));
	say("sendmmsg %s", err(sendmmsg(u, &m, 1, 0)));
	say("vector %s", err(sendmmsg(u, (struct mmsghdr *)8, 1, 0)));
	connect_to(fd, &server);
	socklen_t k = n;
	say("getpeername %s", err(getpeername(fd, bad, &k)));
	k = n;
	say("getsockname %s", err(getsockname(fd, bad, &k)));
	say("size %s", err(getsockname(fd, &(struct sockaddr){0}, (socklen_t *)8)));
	say("SO_ERROR %s", err(getsockopt(fd, SOL_SOCKET, SO_ERROR, bad, &k)));
	union name l, s;
	int listener = own_listener(&l, 5), c = socket(AF_INET, SOCK_STREAM, 0);
	connect_to(c, &l);
	k = sizeof s;
	say("accept %s", err(accept(listener, bad, &k)));
	nonblocking(listener, 1);
	say("then %s", fd_or_err(accept(listener, NULL, NULL)));
}

static void q_descriptors(void) {
	struct sockaddr *a = &server.sa;
	socklen_t n = name_size(&server), k = sizeof(union name);
	union name s;
	struct msghdr m = {.msg_name = a, .msg_namelen = n};
	int p[2];
	pipe(p);
	int bad[] = {-1, 12345, p[0]};
	for (int i = 0; i < 3; i++) {
		int fd = bad[i];
		say("| %s", err(connect(fd, a, n)));
		say("%s", err(bind(fd, a, n)));
		say("%s", err(listen(fd, 5)));
		say("%s", err(accept(fd, &s.sa, &k)));
		say("%s", err(accept(fd, NULL, NULL)));
		say("%s", err(getpeername(fd, &s.sa, &k)));
		say("%s", err(getsockname(fd, &s.sa, &k)));
		say("%s", err(sendto(fd, "x", 1, 0, a, n)));
		say("%s", err(recvfrom(fd, &s, 1, 0, &s.sa, &k)));
		say("%s", err(sendmsg(fd, &m, 0)));
		say("%s", err(recvmsg(fd, &m, 0)));
		say("%s", err(shutdown(fd, 0)));
		say("%s", err(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &k, sizeof k)));
	}
}

static void q_o_path(void) {
	int fd = open("/", O_PATH);
	say("%s", err(connect_to(fd, &server)));
}

static void q_unspec(void) {
	int fd = tcp(0);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	connect_to(fd, &server);
	say("%s", err(connect(fd, &none, sizeof none)));
	say("peer %s", peer_is(fd, &server));
	say("again %s", err(connect_to(fd, &server)));
	say("peer %s", peer_is(fd, &server));
	say("%s", line(fd));
}

static void q_wrong_addresses(void) {
	int fd = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
	union name n4 = parse_name("127.0.0.1", "9"), n6 = parse_name("::1", "9"), zero = parse_name("127.0.0.1", "0");
	say("v6 on v4 %s", err(connect_to(fd, &n6)));
	say("v4 on v6 %s", err(connect_to(six, &n4)));
	say("short %s", err(connect(fd, &n4.sa, 7)));
	say("%s", err(connect(six, &n6.sa, 20)));
	say("empty %s", err(connect(fd, &n4.sa, 0)));
	say("negative %s", err(connect(fd, &n4.sa, -1)));
	say("huge %s", err(connect(fd, &n4.sa, 1000)));
	say("port 0 %s", err(connect_to(fd, &zero)));
	say("bind short %s", err(bind(fd, &n4.sa, 7)));
	say("v6 bind %s", err(bind(fd, &n6.sa, sizeof n6.v6)));
	struct sockaddr_un u = {.sun_family = AF_UNIX, .sun_path = "/nowhere"};
	say("unix %s", err(connect(fd, (struct sockaddr *)&u, sizeof u)));
}

static void q_bind_errors(void) {
	union name n, far = parse_name("192.0.2.77", "0");
	own_listener(&n, 5);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	say("taken %s", err(bind(fd, &n.sa, sizeof n.v4)));
	say("not local %s", err(bind(fd, &far.sa, sizeof far.v4)));
	n.v4.sin_port = 0;
	say("free %s", err(bind(fd, &n.sa, sizeof n.v4)));
	say("twice %s", err(bind(fd, &n.sa, sizeof n.v4)));
	socklen_t k = sizeof n;
	getsockname(fd, &n.sa, &k);
	int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0), r;
	// Another program of this machine may have the port for datagrams.
	for (int i = 0; (r = bind(u, &n.sa, sizeof n.v4)) < 0 && errno == EADDRINUSE && i < 20; i++)
		n.v4.sin_port = htons(ntohs(n.v4.sin_port) + 1);
	say("udp %s", err(r));
	say("udp taken %s", err(bind(v, &n.sa, sizeof n.v4)));
}

static void q_reuse_port(void) {
	union name n = parse_name("127.0.0.1", "0");
	int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
	set(a, SOL_SOCKET, SO_REUSEPORT, 1);
	set(b, SOL_SOCKET, SO_REUSEPORT, 1);
	socklen_t k = sizeof n;
	say("%s", err(bind(a, &n.sa, sizeof n.v4)));
	say("%s", err(listen(a, 5)));
	getsockname(a, &n.sa, &k);
	say("%s", err(bind(b, &n.sa, sizeof n.v4)));
	say("%s", err(listen(b, 5)));
	say("without %s", err(bind(c, &n.sa, sizeof n.v4)));
	int d = socket(AF_INET, SOCK_STREAM, 0);
	say("connect %s", err(connect_to(d, &n)));
	struct pollfd p[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
	say("one has it %d", poll(p, 2, 5000));
}

static void q_reuse_address(void) {
	union name n, peer;
	socklen_t k = sizeof peer;
	int l = own_listener(&n, 5), c = socket(AF_INET, SOCK_STREAM, 0);
	set(l, SOL_SOCKET, SO_REUSEADDR, 1);
	connect_to(c, &n);
	int a = accept(l, &peer.sa, &k);
	close(a); // which leaves a connection that waits
	char b;
	recv(c, &b, 1, 0);
	close(c);
	close(l);
	l = socket(AF_INET, SOCK_STREAM, 0);
	say("without %s", err(bind(l, &n.sa, sizeof n.v4)));
	set(l, SOL_SOCKET, SO_REUSEADDR, 1);
	say("with %s", err(bind(l, &n.sa, sizeof n.v4)));
	say("%s", err(listen(l, 5)));
}

static void q_backlog(void) {
	union name n;
	int l = own_listener(&n, 10), c[8];
	for (int i = 0; i < 8; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect_to(c[i], &n) < 0)
			say("connect %d %s", i, err(-1));
		char b = '0' + i;
		send(c[i], &b, 1, 0);
	}
	say("poll %s", events(wait_for(l, POLLIN, 5000)));
	say("listening %d", option(l, SOL_SOCKET, SO_ACCEPTCONN));
	char order[9] = "";
	for (int i = 0; i < 8; i++)
		recv(accept(l, NULL, NULL), order + i, 1, 0);
	say("order %s", order);
	say("again %s", err(listen(l, 3)));
	say("connect %s", err(connect_to(l, &n)));
	say("connected %s", err(listen(c[0], 3)));
}

static void q_listen_unbound(void) {
	union name n, any = parse_name("127.0.0.1", "0");
	socklen_t k = sizeof n;
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
	say("%s", err(listen(l, 5)));
	getsockname(l, &n.sa, &k);
	say("any %d port %d", n.v4.sin_addr.s_addr == 0, n.v4.sin_port != 0);
	any.v4.sin_port = n.v4.sin_port;
	say("connect %s", err(connect_to(c, &any)));
	say("accept %s", fd_or_err(accept(l, NULL, NULL)));
	int u = socket(AF_INET, SOCK_DGRAM, 0);
	say("udp %s", err(listen(u, 5)));
}

static void q_listener_closed(void) {
	union name n;
	int l = own_listener(&n, 10), c = socket(AF_INET, SOCK_STREAM, 0);
	connect_to(c, &n);
	close(l); // with a connection that nobody accepted
	char b;
	wait_for(c, POLLIN, 5000);
	say("queued %s", err(recv(c, &b, 1, 0)));
	int d = socket(AF_INET, SOCK_STREAM, 0);
	say("later %s", err(connect_to(d, &n)));
}

static void q_accept_shutdown(void) {
	union name n, peer;
	socklen_t k = sizeof peer;
	int l = own_listener(&n, 10);
	if (fork() == 0) {
		pause_ms(200);
		shutdown(l, SHUT_RDWR);
		_exit(0);
	}
	say("%s", err(accept(l, &peer.sa, &k)));
}

static void q_inherit(void) {
	union name n;
	int l = own_listener(&n, 10), c = socket(AF_INET, SOCK_STREAM, 0);
	set(l, IPPROTO_TCP, TCP_NODELAY, 1);
	set(l, SOL_SOCKET, SO_KEEPALIVE, 1);
	connect_to(c, &n);
	int a = accept(l, NULL, NULL);
	say("nodelay %d", option(a, IPPROTO_TCP, TCP_NODELAY));
	say("keepalive %d", option(a, SOL_SOCKET, SO_KEEPALIVE));
	say("listening %d", option(a, SOL_SOCKET, SO_ACCEPTCONN));
}

static void q_unconnected(void) {
	int fd = tcp(0);
	char b;
	say("recv %s", err(recv(fd, &b, 1, 0)));
	say("send %s", err(send(fd, "x", 1, MSG_NOSIGNAL)));
	say("sendto %s", err(sendto(fd, "x", 1, MSG_NOSIGNAL, &server.sa, name_size(&server))));
	say("poll %s", events(wait_for(fd, POLLIN | POLLOUT, 100)));
	connect_to(fd, &server);
	line(fd);
	say("connected sendto %s", err(sendto(fd, "x", 1, MSG_NOSIGNAL, &closed.sa, name_size(&closed))));
	say("recv %s", err(recv(fd, &b, 1, 0)));
	union name from;
	socklen_t k = sizeof from;
	send(fd, "y", 1, 0);
	int r = recvfrom(fd, &b, 1, 0, &from.sa, &k);
	say("recvfrom %s", err(r));
	say("size %d", (int)k);
}

static void q_vectors(void) {
	int fd = tcp(0);
	connect_to(fd, &server);
	line(fd);
	struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
	char b[10], d[10];
	struct iovec w[2] = {{b, 2}, {d, 3}};
	say("writev %s", err(writev(fd, v, 3)));
	wait_for(fd, POLLIN, 5000);
	pause_ms(50);
	say("readv %s", err(readv(fd, w, 2)));
	int file = open(self, O_RDONLY), p[2];
	off_t at = 0;
	say("sendfile %s", err(sendfile(fd, file, &at, 1000)));
	char back[1000];
	say("back %s", err(recv(fd, back, sizeof back, MSG_WAITALL)));
	pipe(p);
	write(p[1], "spliced", 7);
	say("splice %s", err(splice(p[0], NULL, fd, NULL, 7, 0)));
	say("back %s", err(recv(fd, back, 7, MSG_WAITALL)));
	say("none %s", err(send(fd, "", 0, 0)));
}

static void q_pressure(void) {
	int c, a;
	pair(&c, &a);
	set(c, SOL_SOCKET, SO_SNDBUF, 20000);
	nonblocking(c, 1);
	static char b[10000];
	size_t sent = 0, got = 0;
	ssize_t r;
	while ((r = send(c, b, sizeof b, 0)) > 0 && sent < 100 << 20)
		sent += r;
	say("%s", err(r));
	pid_t child = fork();
	if (child == 0) {
		close(c);
		while ((r = recv(a, b, sizeof b, 0)) > 0)
			got += r;
		send(a, &got, sizeof got, 0);
		_exit(0);
	}
	say("then %s", events(wait_for(c, POLLOUT, 10000)));
	shutdown(c, SHUT_WR);
	nonblocking(c, 0);
	recv(c, &got, sizeof got, MSG_WAITALL);
	say("all %d", got == sent);
}

static void q_sigio(void) {
	int c, a;
	pair(&c, &a);
	struct sigaction s = {.sa_handler = on_alarm};
	sigaction(SIGIO, &s, NULL);
	alarms = 0;
	fcntl(a, F_SETOWN, getpid());
	fcntl(a, F_SETFL, O_ASYNC | O_NONBLOCK);
	send(c, "x", 1, 0);
	for (int i = 0; i < 100 && !alarms; i++)
		pause_ms(10);
	say("%s", alarms ? "signal" : "no signal");
}

static void q_close_under_way(void) {
	union name n;
	full_listener(&n);
	int first = -1, same = 1;
	for (int i = 0; i < 20; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		same &= first < 0 || fd == first;
		first = fd;
		connect_to(fd, &n);
		close(fd);
	}
	int fd = tcp(0);
	say("same number %d", same);
	say("then %s", err(connect_to(fd, &server)));
	say("%s", line(fd));
}

static void q_ports_differ(void) {
	union name own[20];
	int bad = 0;
	for (int i = 0; i < 20; i++) {
		int fd = tcp(0);
		socklen_t k = sizeof own[i];
		connect_to(fd, &server);
		getsockname(fd, &own[i].sa, &k);
		for (int j = 0; j < i; j++)
			bad += same_name(&own[i], &own[j]);
	}
	say("%d same", bad);
}

static int udp_server(union name *n) {
	*n = parse_name("127.0.0.1", "0");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t k = sizeof *n;
	bind(fd, &n->sa, sizeof n->v4);
	getsockname(fd, &n->sa, &k);
	return fd;
}

static void q_udp_connect(void) {
	union name a, b, from;
	socklen_t k = sizeof from;
	char c[10];
	int s = udp_server(&a), t = udp_server(&b), fd = socket(AF_INET, SOCK_DGRAM, 0);
	say("unconnected %s", err(send(fd, "x", 1, 0)));
	say("peer %s", peer_is(fd, &a));
	say("%s", err(connect_to(fd, &a)));
	say("peer %s", peer_is(fd, &a));
	say("send %s", err(send(fd, "1", 1, 0)));
	say("recv %s", err(recvfrom(s, c, 10, 0, &from.sa, &k)));
	union name own;
	k = sizeof own;
	getsockname(fd, &own.sa, &k);
	say("from it %d", same_name(&from, &own));
	say("again %s", err(connect_to(fd, &b)));
	say("peer %s", peer_is(fd, &b));
	send(fd, "2", 1, 0);
	say("recv %s", err(recv(t, c, 10, 0)));
	k = sizeof own;
	getsockname(fd, &own.sa, &k);
	sendto(s, "stranger", 8, 0, &own.sa, sizeof own.v4);
	say("stranger %s", wait_for(fd, POLLIN, 200) ? "comes" : "does not come");
	sendto(t, "friend", 6, 0, &own.sa, sizeof own.v4);
	k = sizeof from;
	say("friend %s", err(recvfrom(fd, c, 10, 0, &from.sa, &k)));
	say("from it %d", same_name(&from, &b));
	say("sendto other %s", err(sendto(fd, "3", 1, 0, &a.sa, sizeof a.v4)));
	say("recv %s", err(recv(s, c, 10, 0)));
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	say("unspec %s", err(connect(fd, &none, sizeof none)));
	say("peer %s", peer_is(fd, &b));
	say("sendto %s", err(sendto(fd, "4", 1, 0, &a.sa, sizeof a.v4)));
}

static void q_udp_refused(void) {
	union name n;
	char b;
	close(udp_server(&n));
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct timeval t = {2, 0};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	connect_to(fd, &n);
	// The machine tells of refusals so many times a second and no more.
	int r = 0;
	for (int i = 0; i < 5 && (r == 0 || errno == EAGAIN); i++) {
		send(fd, "x", 1, 0);
		r = recv(fd, &b, 1, 0);
	}
	say("recv %s", err(r));
}

static void q_udp_sizes(void) {
	union name n, from;
	socklen_t k = sizeof from;
	static char b[70000];
	int s = udp_server(&n), fd = socket(AF_INET, SOCK_DGRAM, 0);
	say("empty %s", err(sendto(fd, "", 0, 0, &n.sa, sizeof n.v4)));
	say("recv %s", err(recvfrom(s, b, 10, 0, &from.sa, &k)));
	say("size %d", (int)k);
	say("large %s", err(sendto(fd, b, 65000, 0, &n.sa, sizeof n.v4)));
	say("recv %s", err(recv(s, b, sizeof b, 0)));
	say("too large %s", err(sendto(fd, b, 66000, 0, &n.sa, sizeof n.v4)));
	sendto(fd, "abcdef", 6, 0, &n.sa, sizeof n.v4);
	struct iovec v = {b, 3};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &v, .msg_iovlen = 1};
	int r = recvmsg(s, &m, 0);
	say("cut %s %s", err(r), m.msg_flags & MSG_TRUNC ? "truncated" : "whole");
	sendto(fd, "abcdef", 6, 0, &n.sa, sizeof n.v4);
	say("real size %s", err(recv(s, b, 3, MSG_TRUNC)));
	say("none %s", err(recvfrom(s, b, 3, MSG_DONTWAIT, &from.sa, &k)));
}

static void q_udp_many(void) {
	union name n, own;
	int s = udp_server(&n), fd = udp_server(&own);
	struct mmsghdr m[5];
	struct iovec v[5];
	union name from[5];
	char b[5][10];
	memset(m, 0, sizeof m);
	for (int i = 0; i < 5; i++) {
		v[i] = (struct iovec){"01234", i + 1};
		m[i].msg_hdr = (struct msghdr){.msg_name = &n, .msg_namelen = sizeof n.v4, .msg_iov = &v[i], .msg_iovlen = 1};
	}
	say("sendmmsg %s", err(sendmmsg(fd, m, 5, 0)));
	for (int i = 0; i < 5; i++) {
		say("%u", m[i].msg_len);
		v[i] = (struct iovec){b[i], 10};
		m[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &v[i], .msg_iovlen = 1};
	}
	wait_for(s, POLLIN, 5000);
	say("recvmmsg %s", err(recvmmsg(s, m, 5, MSG_DONTWAIT, NULL)));
	for (int i = 0; i < 5; i++)
		say("%u %d", m[i].msg_len, same_name(&from[i], &own));
}

static void q_packet_info(void) {
	union name n, own;
	int s = udp_server(&n), fd = udp_server(&own);
	set(s, IPPROTO_IP, IP_PKTINFO, 1);
	sendto(fd, "x", 1, 0, &n.sa, sizeof n.v4);
	char b[10], control[200];
	union name from;
	struct iovec v = {b, 10};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &v, .msg_iovlen = 1,
	                   .msg_control = control, .msg_controllen = sizeof control};
	say("%s", err(recvmsg(s, &m, 0)));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo i;
			memcpy(&i, CMSG_DATA(c), sizeof i);
			say("to loopback %d", i.ipi_addr.s_addr == htonl(INADDR_LOOPBACK));
		}
	say("from it %d", same_name(&from, &own));
}

static void q_multicast(void) {
	union name group = parse_name("239.1.2.3", "0");
	int s = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ip_mreq r = {group.v4.sin_addr, {htonl(INADDR_LOOPBACK)}};
	struct in_addr lo = {htonl(INADDR_LOOPBACK)};
	bind(s, &group.sa, sizeof group.v4);
	socklen_t k = sizeof group;
	getsockname(s, &group.sa, &k);
	say("join %s", err(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r)));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo);
	say("send %s", err(sendto(fd, "many", 4, 0, &group.sa, sizeof group.v4)));
	char b[10];
	say("recv %s", wait_for(s, POLLIN, 2000) ? err(recv(s, b, 10, 0)) : "nothing");
}

// A program that wants fast open falls back, as it must with old kernels.
static void q_fast_open(void) {
	int fd = tcp(0);
	ssize_t r = sendto(fd, "fast", 4, MSG_FASTOPEN | MSG_NOSIGNAL, &server.sa, name_size(&server));
	if (r < 0 && (errno == EOPNOTSUPP || errno == EINVAL)) {
		connect_to(fd, &server);
		r = send(fd, "fast", 4, MSG_NOSIGNAL);
	}
	char b[10];
	say("send %s", err(r));
	say("%s", line(fd));
	say("recv %s", err(recv(fd, b, 4, MSG_WAITALL)));
	say("peer %s", peer_is(fd, &server));
	fd = tcp(0);
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
	say("connect %s", err(connect_to(fd, &server)));
	say("send %s", err(send(fd, "more", 4, MSG_NOSIGNAL)));
	say("%s", line(fd));
	say("recv %s", err(recv(fd, b, 4, MSG_WAITALL)));
}

// So does one that wants several paths.
static void q_many_paths(void) {
	int fd = socket(server.sa.sa_family, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd < 0)
		fd = tcp(0);
	say("connect %s", err(connect_to(fd, &server)));
	say("peer %s", peer_is(fd, &server));
	say("%s", line(fd));
	say("%s", echo(fd, "many"));
}

static void q_socket_errors(void) {
	say("family %s", err(socket(200, SOCK_STREAM, 0)));
	say("type %s", err(socket(AF_INET, 77, 0)));
	say("protocol %s", err(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP)));
	say("flags %s", err(socket(AF_INET, SOCK_STREAM | 0x40000000, 0)));
	say("pair %s", err(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0, 0})));
}

static void q_close_while_blocked(void) {
	int c, a;
	char b;
	pair(&c, &a);
	if (fork() == 0) {
		pause_ms(200);
		shutdown(c, SHUT_RDWR);
		_exit(0);
	}
	say("recv %s", err(recv(c, &b, 1, 0)));
	say("server %s", err(recv(a, &b, 1, 0)));
}

static void q_large(void) {
	int fd = tcp(0);
	connect_to(fd, &server);
	line(fd);
	enum { size = 4 << 20 };
	if (fork() == 0) {
		static char b[size];
		for (int i = 0; i < size; i++)
			b[i] = i * 31 >> 5;
		for (size_t at = 0; at < size;)
			at += send(fd, b + at, size - at, 0);
		shutdown(fd, SHUT_WR);
		_exit(0);
	}
	static char b[65536];
	long at = 0, bad = 0;
	for (ssize_t r; (r = recv(fd, b, sizeof b, 0)) > 0;)
		for (ssize_t i = 0; i < r; i++, at++)
			bad += b[i] != (char)((int)at * 31 >> 5);
	say("%ld bytes %ld bad", at, bad);
}

#define Q(x) {#x, q_##x}
static const struct {
	const char *name;
	void (*ask)(void);
} questions[] = {
	Q(connect), Q(connect_nonblocking), Q(connect_fionbio), Q(epoll_before), Q(select), Q(refused),
	Q(refused_nonblocking), Q(refused_seen_by_connect), Q(unreachable), Q(timeout), Q(connect_timeout_option),
	Q(already), Q(slow_connect), Q(connect_interrupted), Q(connect_restarted), Q(options_before), Q(options_after),
	Q(device), Q(dup), Q(fork_share), Q(exec), Q(names_unconnected), Q(names_short), Q(bind_address),
	Q(bind_any_connect), Q(connect_any), Q(half_close), Q(shutdown_read), Q(reset), Q(unread_close), Q(pipe),
	Q(urgent), Q(urgent_inline), Q(fionread), Q(peek), Q(rcvtimeo), Q(accept_interrupted), Q(accept_restarted),
	Q(accept_names), Q(accept4), Q(accept_lowest), Q(accept_aborted), Q(v6_both), Q(v6_only), Q(mapped), Q(rights),
	Q(threads), Q(unix), Q(netlink), Q(pointers), Q(descriptors), Q(o_path), Q(unspec), Q(wrong_addresses),
	Q(bind_errors), Q(reuse_port), Q(reuse_address), Q(backlog), Q(listen_unbound), Q(listener_closed),
	Q(accept_shutdown), Q(inherit), Q(unconnected), Q(vectors), Q(pressure), Q(sigio), Q(close_under_way),
	Q(ports_differ), Q(udp_connect), Q(udp_refused), Q(udp_sizes), Q(udp_many), Q(packet_info), Q(multicast),
	Q(fast_open), Q(many_paths), Q(socket_errors), Q(close_while_blocked), Q(large),
};

enum { count = sizeof questions / sizeof *questions };

// begin asks a question in a process of its own, with all that it starts,
// that can hang or crash alone. What it says goes to a pipe.
static pid_t begin(int i, int *out) {
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		die("pipe2");
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		dup2(p[1], 1);
		alarm(20);
		questions[i].ask();
		fflush(stdout);
		_exit(0);
	}
	setpgid(child, child);
	close(p[1]);
	*out = p[0];
	return child;
}

// tell writes what was said, when the process has ended.
static void tell(int i, pid_t child, int out) {
	char b[4096];
	int status;
	printf("%s:", questions[i].name);
	waitpid(child, &status, 0);
	kill(-child, SIGKILL);
	for (ssize_t n; (n = read(out, b, sizeof b)) > 0;)
		fwrite(b, 1, n, stdout);
	close(out);
	if (WIFSIGNALED(status))
		printf(WTERMSIG(status) == SIGALRM ? " HANGS" : " DIES of signal %d", WTERMSIG(status));
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv) {
	self = argv[0];
	if (argc == 3 && strcmp(argv[1], "inherited") == 0)
		return inherited(atoi(argv[2]));
	if (argc < 4)
		return 2;
	server = parse_name(argv[1], argv[2]);
	closed = parse_name(argv[1], argv[3]);
	signal(SIGPIPE, SIG_IGN);
	enum { at_once = 16 };
	struct {
		pid_t pid;
		int out;
	} running[count] = {{0}};
	for (int begun = 0, told = 0; told < count;) {
		if (begun < count && begun < told + at_once) {
			running[begun].pid = argc > 4 && strcmp(argv[4], questions[begun].name) != 0 ? 0 : begin(begun, &running[begun].out);
			begun++;
			continue;
		}
		if (running[told].pid)
			tell(told, running[told].pid, running[told].out);
		told++;
	}
	return 0;
}
