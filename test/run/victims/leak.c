// SPDX-License-Identifier: Apache-2.0

// leak try HOST PORT WAY tries to get something to an address in a way that a
// filter may have forgotten; leak ways lists the ways. It says how far it
// came. leak sniff DEVICE HOST writes a line for each packet to the host until
// one comes for UDP port 9999, which leak mark HOST sends.
#include "echo.h"
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <sys/mman.h>

static union name host;

static void result(const char *what, long r) {
	if (r < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: %ld\n", what, r);
	fflush(stdout);
}

static int opened(int family, int type, int protocol) {
	int fd = socket(family, type, protocol);
	if (fd < 0)
		result("socket", fd);
	struct timeval t = {0, 300000};
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
	return fd;
}

static void to_connect(int fd, const void *name, socklen_t size) {
	if (fd < 0)
		return;
	int r = connect(fd, name, size);
	result("connect", r);
	if (r == 0)
		result("send", send(fd, "leak", 4, MSG_NOSIGNAL));
}

static void to_send(int fd, const void *name, socklen_t size, const void *data, size_t n) {
	if (fd >= 0)
		result("sendto", sendto(fd, data, n, MSG_NOSIGNAL, name, size));
}

static void w_tcp(void) { to_connect(opened(AF_INET, SOCK_STREAM, 0), &host, sizeof host.v4); }
static void w_tcp_nonblocking(void) { to_connect(opened(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), &host, sizeof host.v4); }
static void w_udp_connect(void) { to_connect(opened(AF_INET, SOCK_DGRAM, 0), &host, sizeof host.v4); }
static void w_udp_sendto(void) { to_send(opened(AF_INET, SOCK_DGRAM, 0), &host, sizeof host.v4, "leak", 4); }
static void w_many_paths(void) { to_connect(opened(AF_INET, SOCK_STREAM, 262), &host, sizeof host.v4); }
static void w_udplite(void) { to_send(opened(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), &host, sizeof host.v4, "leak", 4); }
static void w_sctp(void) { to_connect(opened(AF_INET, SOCK_STREAM, IPPROTO_SCTP), &host, sizeof host.v4); }
static void w_sctp_sendto(void) { to_send(opened(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP), &host, sizeof host.v4, "leak", 4); }
static void w_dccp(void) { to_connect(opened(AF_INET, 6, IPPROTO_DCCP), &host, sizeof host.v4); }

static void w_sendmsg(void) {
	struct iovec v = {"leak", 4};
	struct msghdr m = {.msg_name = &host, .msg_namelen = sizeof host.v4, .msg_iov = &v, .msg_iovlen = 1};
	result("sendmsg", sendmsg(opened(AF_INET, SOCK_DGRAM, 0), &m, 0));
}

static void w_sendmmsg(void) {
	struct iovec v = {"leak", 4};
	struct mmsghdr m[2] = {{{.msg_name = &host, .msg_namelen = sizeof host.v4, .msg_iov = &v, .msg_iovlen = 1}, 0}};
	m[1] = m[0];
	result("sendmmsg", sendmmsg(opened(AF_INET, SOCK_DGRAM, 0), m, 2, 0));
}

// The kernel takes AF_UNSPEC for AF_INET here.
static void w_no_family(void) {
	union name n = host;
	n.sa.sa_family = AF_UNSPEC;
	to_send(opened(AF_INET, SOCK_DGRAM, 0), &n, sizeof n.v4, "leak", 4);
}

static union name mapped(void) {
	union name n;
	memset(&n, 0, sizeof n);
	n.v6.sin6_family = AF_INET6;
	n.v6.sin6_port = host.v4.sin_port;
	n.v6.sin6_addr.s6_addr[10] = n.v6.sin6_addr.s6_addr[11] = 255;
	memcpy(n.v6.sin6_addr.s6_addr + 12, &host.v4.sin_addr, 4);
	return n;
}

static void w_mapped_tcp(void) {
	union name n = mapped();
	to_connect(opened(AF_INET6, SOCK_STREAM, 0), &n, sizeof n.v6);
}

static void w_mapped_udp(void) {
	union name n = mapped();
	to_send(opened(AF_INET6, SOCK_DGRAM, 0), &n, sizeof n.v6, "leak", 4);
}

// An IPv6 datagram socket takes IPv4 addresses too.
static void w_v4_on_v6(void) { to_send(opened(AF_INET6, SOCK_DGRAM, 0), &host, sizeof host.v4, "leak", 4); }
static void w_v4_on_v6_connect(void) { to_connect(opened(AF_INET6, SOCK_DGRAM, 0), &host, sizeof host.v4); }

static void w_fast_open(void) {
	int fd = opened(AF_INET, SOCK_STREAM, 0);
	if (fd >= 0)
		result("sendto", sendto(fd, "leak", 4, MSG_FASTOPEN | MSG_NOSIGNAL, &host.sa, sizeof host.v4));
	struct iovec v = {"leak", 4};
	struct mmsghdr m = {{.msg_name = &host, .msg_namelen = sizeof host.v4, .msg_iov = &v, .msg_iovlen = 1}, 0};
	fd = opened(AF_INET, SOCK_STREAM, 0);
	if (fd >= 0)
		result("sendmsg", sendmsg(fd, &m.msg_hdr, MSG_FASTOPEN | MSG_NOSIGNAL));
	fd = opened(AF_INET, SOCK_STREAM, 0);
	if (fd >= 0)
		result("sendmmsg", sendmmsg(fd, &m, 1, MSG_FASTOPEN | MSG_NOSIGNAL));
}

static void w_fast_open_connect(void) {
	int fd = opened(AF_INET, SOCK_STREAM, 0), on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
	to_connect(fd, &host, sizeof host.v4);
}

static void w_ping_socket(void) {
	struct icmphdr h = {.type = ICMP_ECHO};
	to_send(opened(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), &host, sizeof host.v4, &h, sizeof h);
}

static void w_raw_icmp(void) {
	struct icmphdr h = {.type = ICMP_ECHO, .checksum = 0xfff7};
	to_send(opened(AF_INET, SOCK_RAW, IPPROTO_ICMP), &host, sizeof host.v4, &h, sizeof h);
}

static void w_raw_tcp(void) {
	struct tcphdr h = {.dest = host.v4.sin_port, .doff = 5, .syn = 1};
	union name n = host;
	n.v4.sin_port = 0;
	to_send(opened(AF_INET, SOCK_RAW, IPPROTO_TCP), &n, sizeof n.v4, &h, sizeof h);
}

struct datagram {
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
	char data[4];
} __attribute__((packed));

static struct datagram datagram(void) {
	struct datagram d;
	memset(&d, 0, sizeof d);
	d.ether.ether_type = htons(ETHERTYPE_IP);
	d.ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .tot_len = htons(32),
	                      .saddr = host.v4.sin_addr.s_addr ^ htonl(8), .daddr = host.v4.sin_addr.s_addr};
	d.udp = (struct udphdr){.source = htons(1), .dest = host.v4.sin_port, .len = htons(12)};
	memcpy(d.data, "leak", 4);
	return d;
}

static void w_raw_header(void) {
	struct datagram d = datagram();
	to_send(opened(AF_INET, SOCK_RAW, IPPROTO_RAW), &host, sizeof host.v4, &d.ip, sizeof d - sizeof d.ether);
}

static void packet(int type) {
	struct datagram d = datagram();
	struct sockaddr_ll n = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6};
	struct if_nameindex *all = if_nameindex();
	int fd = opened(AF_PACKET, type, htons(ETH_P_IP));
	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		n.sll_ifindex = i->if_index;
		if (type == SOCK_RAW)
			to_send(fd, &n, sizeof n, &d, sizeof d);
		else
			to_send(fd, &n, sizeof n, &d.ip, sizeof d - sizeof d.ether);
	}
}

static void w_packet_raw(void) { packet(SOCK_RAW); }
static void w_packet_datagram(void) { packet(SOCK_DGRAM); }
static void w_packet_old(void) {
	struct datagram d = datagram();
	struct sockaddr n = {.sa_family = AF_PACKET, .sa_data = "v0"};
	to_send(opened(AF_INET, SOCK_PACKET, htons(ETH_P_IP)), &n, sizeof n, &d, sizeof d);
}

static void w_families(void) {
	static const int known[] = {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
	int open = 0;
	for (int family = 0; family < 50; family++) {
		int skip = 0;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			skip |= known[i] == family;
		for (int type = 1; type < 7 && !skip; type++) {
			int fd = socket(family, type, 0);
			if (fd >= 0)
				printf("family %d type %d: open\n", family, type);
			open += fd >= 0;
		}
	}
	printf("%d of other families\n", open);
}

// A ring connects and sends without a system call for it.
static void w_ring(void) {
	struct io_uring_params p;
	memset(&p, 0, sizeof p);
	int ring = syscall(SYS_io_uring_setup, 4, &p);
	result("io_uring_setup", ring);
	if (ring < 0)
		return;
	size_t size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *e = mmap(NULL, p.sq_entries * sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || e == MAP_FAILED) {
		result("mmap", -1);
		return;
	}
	int fd = opened(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	memset(e, 0, sizeof *e);
	e->opcode = IORING_OP_CONNECT;
	e->fd = fd;
	e->addr = (unsigned long)&host;
	e->off = sizeof host.v4;
	((unsigned *)(sq + p.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	result("io_uring_enter", syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0));
	usleep(100000);
}

#ifdef __x86_64__
// The calls of other system call interfaces of the machine.
static void w_x32(void) {
	int fd = opened(AF_INET, SOCK_DGRAM, 0);
	result("x32 sendto", syscall(0x40000000 | SYS_sendto, fd, "leak", 4, 0, &host, sizeof host.v4));
	result("x32 connect", syscall(0x40000000 | SYS_connect, opened(AF_INET, SOCK_STREAM, 0), &host, sizeof host.v4));
}

static void on_crash(int sig) {
	static const char text[] = "there are no calls of 32 bits\n";
	write(1, text, sizeof text - 1);
	_exit(0);
}

static long call32(long number, long a, long b, long c, long d, long e) {
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory", "r8", "r9", "r10", "r11");
	if (r < 0 && r > -4096) {
		errno = -r;
		return -1;
	}
	return r;
}

static void w_i386(void) {
	signal(SIGSEGV, on_crash);
	struct {
		unsigned args[6];
		union name n;
		char data[4];
	} *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED) {
		result("mmap", -1);
		return;
	}
	low->n = host;
	memcpy(low->data, "leak", 4);
	int fd = opened(AF_INET, SOCK_DGRAM, 0);
	result("i386 connect", call32(362, fd, (long)&low->n, sizeof host.v4, 0, 0));
	result("i386 write", call32(4, fd, (long)low->data, 4, 0, 0));
	fd = opened(AF_INET, SOCK_DGRAM, 0);
	unsigned args[6] = {fd, (unsigned)(long)low->data, 4, 0, (unsigned)(long)&low->n, sizeof host.v4};
	memcpy(low->args, args, sizeof args);
	result("i386 socketcall sendto", call32(102, 11, (long)low->args, 0, 0, 0));
	unsigned made[3] = {AF_INET, SOCK_DGRAM, 0};
	memcpy(low->args, made, sizeof made);
	long own = call32(102, 1, (long)low->args, 0, 0, 0);
	result("i386 socketcall socket", own);
	if (own >= 0)
		result("sendto", sendto(own, "leak", 4, 0, &host.sa, sizeof host.v4));
}

#else
static void w_x32(void) {}
static void w_i386(void) {}
#endif

// A descriptor that came from elsewhere.
static void w_passed(void) {
	int s[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	int fd = opened(AF_INET, SOCK_DGRAM, 0);
	char control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec v = {"f", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	sendmsg(s[0], &m, 0);
	if (fork() == 0) {
		char b;
		struct iovec w = {&b, 1};
		m.msg_iov = &w;
		m.msg_controllen = sizeof control;
		recvmsg(s[1], &m, 0);
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
		to_send(fd, &host, sizeof host.v4, "leak", 4);
		to_connect(fd, &host, sizeof host.v4);
		_exit(0);
	}
	wait(NULL);
}

// A descriptor that is another socket every now and then.
static volatile int stop;
static int inet_fd, unix_fd;
static void *routine_swap(void *arg) {
	int fd = *(int *)arg;
	while (!stop) {
		dup2(inet_fd, fd);
		dup2(unix_fd, fd);
	}
	return NULL;
}

static void w_swapped(void) {
	inet_fd = opened(AF_INET, SOCK_DGRAM, 0);
	unix_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int fd = dup(unix_fd), well = 0;
	pthread_t t;
	pthread_create(&t, NULL, routine_swap, &fd);
	for (int i = 0; i < 5000; i++)
		well += sendto(fd, "leak", 4, MSG_DONTWAIT, &host.sa, sizeof host.v4) == 4;
	stop = 1;
	pthread_join(t, NULL);
	printf("%d sent\n", well);
}

static const struct {
	const char *name;
	void (*way)(void);
} ways[] = {
#define W(x) {#x, w_##x}
	W(tcp), W(tcp_nonblocking), W(udp_connect), W(udp_sendto), W(sendmsg), W(sendmmsg), W(no_family), W(mapped_tcp),
	W(mapped_udp), W(v4_on_v6), W(v4_on_v6_connect), W(many_paths), W(udplite), W(sctp), W(sctp_sendto), W(dccp),
	W(fast_open), W(fast_open_connect), W(ping_socket), W(raw_icmp), W(raw_tcp), W(raw_header), W(packet_raw),
	W(packet_datagram), W(packet_old), W(families), W(ring), W(x32), W(i386), W(passed), W(swapped),
};

static int sniff(const char *device) {
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	struct sockaddr_ll n = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = if_nametoindex(device)};
	if (fd < 0 || bind(fd, (struct sockaddr *)&n, sizeof n) < 0)
		die("sniffing on %s", device);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct {
			struct iphdr ip;
			unsigned short from, to;
			char data[3000];
		} p;
		ssize_t k = recv(fd, &p, sizeof p, 0);
		if (k < 24 || p.ip.daddr != host.v4.sin_addr.s_addr)
			continue;
		if (p.ip.protocol == IPPROTO_UDP && p.to == htons(9999))
			return 0;
		printf("protocol %d port %d\n", p.ip.protocol, ntohs(p.to));
		fflush(stdout);
	}
}

int main(int argc, char **argv) {
	if (argc == 2) {
		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
			printf("%s\n", ways[i].name);
		return 0;
	}
	if (strcmp(argv[1], "sniff") == 0) {
		host = parse_name(argv[3], "0");
		return sniff(argv[2]);
	}
	if (strcmp(argv[1], "mark") == 0) {
		host = parse_name(argv[2], "9999");
		w_udp_sendto();
		return 0;
	}
	host = parse_name(argv[2], argv[3]);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, argv[4]) == 0) {
			alarm(30);
			ways[i].way();
			return 0;
		}
	return 2;
}
