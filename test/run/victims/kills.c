// SPDX-License-Identifier: Apache-2.0

// kills HOST PORT COUNT starts as many children that connect, send, receive
// and accept, and kills them in the middle. It waits for a line before it
// begins, and before it ends.
#include "echo.h"

static void busy(const union name *server, int kind) {
	union name own = *server, peer;
	own.v4.sin_port = 0;
	int l = socket(own.sa.sa_family, SOCK_STREAM, 0), u = socket(own.sa.sa_family, SOCK_DGRAM, 0);
	bind(l, &own.sa, name_size(&own));
	listen(l, 1);
	for (;;) {
		char b[2000] = "";
		socklen_t n = sizeof peer;
		if (kind == 3)
			accept(l, &peer.sa, &n);
		sendto(u, b, 10, 0, &server->sa, name_size(server));
		int fd = socket(server->sa.sa_family, SOCK_STREAM | (kind & 1 ? SOCK_NONBLOCK : 0), 0);
		connect(fd, &server->sa, name_size(server));
		struct pollfd p = {fd, POLLOUT, 0};
		poll(&p, 1, 1000);
		getpeername(fd, &peer.sa, &n);
		send(fd, b, sizeof b, MSG_NOSIGNAL | MSG_DONTWAIT);
		poll(&(struct pollfd){fd, POLLIN, 0}, 1, 1000);
		recv(fd, b, sizeof b, MSG_DONTWAIT);
		close(fd);
	}
}

static void await_line(const char *text) {
	char b[10];
	printf("%s\n", text);
	fflush(stdout);
	if (read(0, b, sizeof b) < 0)
		die("read");
}

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	union name server = parse_name(argv[1], argv[2]);
	int fd = socket(server.sa.sa_family, SOCK_STREAM, 0);
	if (connect(fd, &server.sa, name_size(&server)) < 0)
		die("connect");
	close(fd);
	await_line("ready");
	srand(1);
	for (int i = 0; i < atoi(argv[3]); i++) {
		pid_t child = fork();
		if (child == 0)
			busy(&server, i % 4);
		usleep(rand() % 20000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	await_line("done");
	return 0;
}
