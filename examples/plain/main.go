// SPDX-License-Identifier: Apache-2.0

// Command plain is a program that knows nothing of Winsock. It starts a web
// server on loopback and asks for a page, once where the server is and once
// at an address of the documentation's, where nobody is: unless somebody
// stands under the program's sockets who leads it to the server.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, you have asked %s\n", r.Host)
	}))
	port := listener.Addr().(*net.TCPAddr).Port
	for _, host := range []string{"127.0.0.1", "192.0.2.80"} {
		ask(fmt.Sprintf("http://%s:%d/", host, port))
	}
}

// ask prints what a server answers.
func ask(url string) {
	client := http.Client{Timeout: 3 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		fmt.Println("no answer:", err)
		return
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fmt.Println("no whole answer:", err)
		return
	}
	fmt.Printf("%s says: %s", url, body)
}
