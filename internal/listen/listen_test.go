// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestOn: it listens where it was told to, and only a dead socket makes room.
func TestOn(t *testing.T) {
	l, err := On("127.0.0.1:0")
	if err != nil || l.Addr().Network() != "tcp" {
		t.Fatalf("%v, %v", l, err)
	}
	if _, err := On(l.Addr().String()); err == nil {
		t.Error("two listen at one port")
	}
	l.Close()

	file := filepath.Join(t.TempDir(), "socket")
	left, err := net.Listen("unix", file)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	if _, err := On("unix:" + file); err == nil {
		t.Error("the socket of a living process was taken")
	}
	left.Close()
	if l, err = On("unix:" + file); err != nil {
		t.Fatalf("the socket of a dead process: %v", err)
	}
	l.Close()
	if _, err := os.Lstat(file); err == nil {
		t.Error("the socket is still there when it is closed")
	}
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := On("unix:" + file); err == nil {
		t.Error("a socket was put in a file's place")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "text" {
		t.Errorf("the file is %q, %v", text, err)
	}
}
