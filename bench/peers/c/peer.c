/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static enum mode parse_mode(const char *name)
{
	static const char *const names[] = {"echo", "sink", "source", "churn", "udp", "file"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum mode)i;
	fprintf(stderr, "unknown mode %s\n", name);
	exit(2);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit");
}

static void open_file(struct options *o, const char *name)
{
	struct stat info;
	if ((o->file = open(name, O_RDONLY | O_CLOEXEC)) < 0 || fstat(o->file, &info) < 0)
		die(name);
	o->file_size = info.st_size;
}

struct options parse_options(int argc, char **argv)
{
	struct options o = {.buffer = 4096, .workers = 1, .file = -1};
	int seconds = 600;
	for (int c; (c = getopt(argc, argv, "m:b:w:t:f:e")) != -1;) {
		switch (c) {
		case 'm': o.mode = parse_mode(optarg); break;
		case 'b': o.buffer = (size_t)atol(optarg); break;
		case 'w': o.workers = atoi(optarg); break;
		case 't': seconds = atoi(optarg); break;
		case 'f': open_file(&o, optarg); break;
		case 'e': o.edge_triggered = 1; break;
		default: exit(2);
		}
	}
	if (o.buffer == 0 || o.workers < 1 || seconds < 1 || (o.mode == MODE_FILE) != (o.file >= 0)) {
		fprintf(stderr, "usage: %s -m echo|sink|source|churn|udp|file [-b bytes] [-w workers] [-t seconds] [-f file] [-e]\n", argv[0]);
		exit(2);
	}
	raise_descriptor_limit();
	signal(SIGPIPE, SIG_IGN);
	alarm((unsigned)seconds);
	return o;
}

int open_server(const struct options *o, int *port)
{
	int type = o->mode == MODE_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	int one = 1;
	if (o->workers > 1 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0)
		die("SO_REUSEPORT");
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof addr;
	if (bind(fd, (struct sockaddr *)&addr, len) < 0)
		die("bind");
	if (type == SOCK_STREAM && listen(fd, 4096) < 0)
		die("listen");
	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		die("getsockname");
	*port = ntohs(addr.sin_port);
	return fd;
}

void announce(int port)
{
	printf("%d\n", port);
	if (fflush(stdout) != 0)
		die("stdout");
}

void set_nodelay(int fd)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* fails only on a connection that is gone */
}
