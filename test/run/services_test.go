// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestEchoServers: servers in several languages and of several kinds know
// their clients' names and send back what they get.
func TestEchoServers(t *testing.T) {
	begin(t)
	for _, v := range []struct {
		name    string
		program func(t *testing.T, addr netip.AddrPort) []string
	}{
		{"fork", serverC("fork", "gcc")},
		{"prefork", serverC("prefork", "gcc")},
		{"thread", serverC("thread", "musl-gcc", "-static")},
		{"epoll", serverC("epoll", "gcc", "-static")},
		{"go", func(t *testing.T, a netip.AddrPort) []string { return []string{victimGo(t), "server", a.String()} }},
		{"python, a thread each", serverPython("threads")},
		{"python, a process each", serverPython("processes")},
		{"python, asyncio", serverPython("asyncio")},
		{"node", func(t *testing.T, a netip.AddrPort) []string {
			return []string{need(t, "node"), "victims/peer.js", "server", a.Addr().String(), fmt.Sprint(a.Port())}
		}},
		{"java", func(t *testing.T, a netip.AddrPort) []string {
			return append([]string{like(t, "java")}, javaFlags("server", a)...)
		}},
		{"java, channels", func(t *testing.T, a netip.AddrPort) []string {
			return append([]string{like(t, "java")}, javaFlags("channels", a)...)
		}},
	} {
		t.Run(v.name, func(t *testing.T) {
			serverChains(t, func(t *testing.T, c chain) {
				addr := freePort(t, loopback)
				line := v.program(t, addr)
				s := c.command(t, line[0], line[1:]...)
				s.start()
				awaitListener(t, s, addr)
				if err := askEcho(addr, 1<<20); err != nil {
					t.Error(err)
				}
				clients := 10
				if v.name == "prefork" {
					clients = 4 // each process has one at a time
				}
				askMany(t, addr, clients, 10)
				s.stop(syscall.SIGTERM)
				c.checkLogs(t)
				if t.Failed() {
					t.Log(s.errors.tail())
				}
			})
		})
	}
}

func serverC(kind, compiler string, flags ...string) func(*testing.T, netip.AddrPort) []string {
	return func(t *testing.T, a netip.AddrPort) []string {
		return []string{victimC(t, "server.c", compiler, flags...), kind, a.Addr().String(), fmt.Sprint(a.Port())}
	}
}

func serverPython(kind string) func(*testing.T, netip.AddrPort) []string {
	return func(t *testing.T, a netip.AddrPort) []string {
		return []string{need(t, "python3"), "-I", "victims/server.py", kind, a.Addr().String(), fmt.Sprint(a.Port())}
	}
}

// get fetches from a server and returns what came and the client's own name.
func get(t *testing.T, url string) (body []byte, own string) {
	t.Helper()
	client := http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				own = c.LocalAddr().String()
			}
			return c, err
		},
	}}
	r, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return nil, own
	}
	defer r.Body.Close()
	if body, err = io.ReadAll(r.Body); err != nil {
		t.Error(err)
	}
	if r.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", url, r.Status)
	}
	return body, own
}

func TestPythonWebServer(t *testing.T) {
	begin(t)
	python := need(t, "python3")
	serverChains(t, func(t *testing.T, c chain) {
		addr := freePort(t, loopback)
		s := c.command(t, python, "-m", "http.server", "--bind", addr.Addr().String(), "--directory", shared.dir, fmt.Sprint(addr.Port()))
		s.start()
		awaitListener(t, s, addr)
		body, own := get(t, fmt.Sprintf("http://%s/payload", addr))
		if string(body) != string(shared.payload) {
			t.Errorf("%d bytes came of %d, or others", len(body), len(shared.payload))
		}
		// A second server is told that the port is taken.
		second := c.command(t, python, "-m", "http.server", "--bind", addr.Addr().String(), fmt.Sprint(addr.Port()))
		second.start()
		if err := second.reap(); err == nil || !strings.Contains(second.errors.String(), "Address already in use") {
			t.Errorf("a second server: %v\n%s", err, second.errors.tail())
		}
		s.stop(syscall.SIGTERM)
		host, _, _ := net.SplitHostPort(own)
		if log := s.errors.String(); !strings.Contains(log, host+` - - [`) {
			t.Errorf("the server's log does not name %s:\n%s", host, log)
		}
	})
}

// TestNginx: two workers of nginx serve a file and pass requests on, and
// their log has the clients' names.
func TestNginx(t *testing.T) {
	begin(t)
	nginx := need(t, "nginx")
	serverChains(t, func(t *testing.T, c chain) {
		dir := scratch(t)
		addr, back := freePort(t, loopback), webServer(t, loopback)
		config := filepath.Join(dir, "nginx.conf")
		text := fmt.Sprintf(`daemon off; worker_processes 2; pid %[1]s/pid; error_log stderr;
			events { worker_connections 200; }
			http {
				log_format names '$remote_addr:$remote_port $server_addr:$server_port $request_uri';
				access_log %[1]s/access names;
				client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
				uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi; client_max_body_size 32m;
				server {
					listen %[2]s;
					location /payload { root %[3]s; }
					location / { proxy_pass http://%[4]s; }
				}
			}`, dir, addr, shared.dir, back)
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s := c.command(t, nginx, "-p", dir, "-e", "stderr", "-c", config)
		s.start()
		awaitListener(t, s, addr)
		url := fmt.Sprintf("http://%s", addr)
		if body, _ := get(t, url+"/payload"); string(body) != string(shared.payload) {
			t.Errorf("%d bytes came of %d, or others", len(body), len(shared.payload))
		}
		if body, _ := get(t, url+"/file"); string(body) != string(shared.payload) {
			t.Errorf("through the proxy came %d bytes of %d, or others", len(body), len(shared.payload))
		}
		var want []string
		for i := range 40 {
			body, own := get(t, fmt.Sprintf("%s/small?%d", url, i))
			if string(body) != small(fmt.Sprint(i)) {
				t.Errorf("through the proxy came %q", body)
			}
			want = append(want, fmt.Sprintf("%s %s /small?%d\n", own, addr, i))
		}
		s.stop(syscall.SIGQUIT)
		log, _ := os.ReadFile(filepath.Join(dir, "access"))
		for _, line := range want {
			if !strings.Contains(string(log), line) {
				t.Errorf("the log lacks %q:\n%.500s", line, log)
				break
			}
		}
		if t.Failed() {
			t.Log(s.errors.tail())
		}
	})
}

// TestRedis: server and clients are under winsock.
func TestRedis(t *testing.T) {
	begin(t)
	server, cli, benchmark := need(t, "redis-server"), need(t, "redis-cli"), need(t, "redis-benchmark")
	serverChains(t, func(t *testing.T, c chain) {
		addr := freePort(t, loopback)
		host, port := addr.Addr().String(), fmt.Sprint(addr.Port())
		s := c.command(t, server, "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", scratch(t))
		s.start()
		awaitListener(t, s, addr)
		if got := c.output(t, cli, "-h", host, "-p", port, "set", "a", strings.Repeat("b", 30000)); got != "OK" {
			t.Errorf("set says %q", got)
		}
		if got := c.output(t, cli, "-h", host, "-p", port, "get", "a"); got != strings.Repeat("b", 30000) {
			t.Errorf("get says %.100q", got)
		}
		names := regexp.MustCompile(`\baddr=127\.0\.0\.1:[1-9][0-9]* laddr=` + regexp.QuoteMeta(addr.String()) + " ")
		if got := c.output(t, cli, "-h", host, "-p", port, "client", "list"); !names.MatchString(got) {
			t.Errorf("the client's names are %q", got)
		}
		out := c.output(t, benchmark, "-h", host, "-p", port, "-n", "2000", "-c", "20", "-q", "-P", "4", "-t", "ping,set,get,lrange_100")
		if !strings.Contains(out, "GET: ") || strings.Contains(out, "rror") {
			t.Errorf("the benchmark says %q", out)
		}
		s.stop(syscall.SIGTERM)
		c.checkLogs(t)
	})
}

// TestPostgreSQL: server and client are under winsock, as an ordinary user.
func TestPostgreSQL(t *testing.T) {
	begin(t)
	psql := need(t, "psql")
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		need(t, "initdb")
		return
	}
	bin := filepath.Dir(found[len(found)-1])
	as := func(c chain) chain {
		if os.Getuid() == 0 {
			c.user = nobody
		}
		return c
	}
	master := filepath.Join(scratch(t), "data")
	as(chain{native: true}).output(t, filepath.Join(bin, "initdb"), "-D", master, "-U", "tester", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	t.Run("server", func(t *testing.T) {
		serverChains(t, func(t *testing.T, c chain) {
			c = as(c)
			dir := filepath.Join(scratch(t), "data")
			as(chain{native: true}).output(t, "/bin/cp", "-a", master, dir)
			addr := freePort(t, loopback)
			host, port := addr.Addr().String(), fmt.Sprint(addr.Port())
			s := c.command(t, filepath.Join(bin, "postgres"), "-D", dir, "-h", host, "-p", port, "-k", "", "-F",
				"-c", "shared_buffers=8MB", "-c", "log_connections=on", "-c", "logging_collector=off")
			s.start()
			awaitListener(t, s, addr)
			ask := func(query string) string {
				return c.output(t, psql, "-X", "-A", "-t", "-h", host, "-p", port, "-U", "tester", "-d", "postgres", "-c", query)
			}
			got := ask("select inet_server_addr(), inet_server_port(), inet_client_addr(), inet_client_port() > 0")
			if want := host + "|" + port + "|127.0.0.1|t"; got != want {
				t.Errorf("the names are %q, want %q\n%s", got, want, s.errors.tail())
			}
			ask("create table n as select i, md5(i::text) as m from generate_series(1, 20000) i")
			if got := ask("select md5(string_agg(m, '' order by i)), count(*) from n"); !strings.HasSuffix(got, "|20000") {
				t.Errorf("the sum is %q", got)
			}
			if got := ask("select m from n order by i"); strings.Count(got, "\n") != 19999 {
				t.Errorf("%d rows came", strings.Count(got, "\n")+1)
			}
			s.stop(syscall.SIGINT)
		})
	})
}
