// An echo over TLS with crypto/tls. Usage: main PORT CERT KEY; prints ready.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

// What a record holds at most: one read never brings more.
const record = 16 * 1024

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: main PORT CERT KEY")
	}
	cert, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := tls.Listen("tcp", net.JoinHostPort("::1", os.Args[1]), &tls.Config{
		Certificates:                []tls.Certificate{cert},
		MinVersion:                  tls.VersionTLS12,
		DynamicRecordSizingDisabled: true, // else the first records are small ones
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	for {
		conn, err := listener.Accept() // with TCP_NODELAY, as all of Go's
		if err != nil {
			log.Fatal(err)
		}
		go echo(conn)
	}
}

// Echoes until the client's end, and then says ours. Whatever fails is that client's own affair.
func echo(conn net.Conn) {
	defer conn.Close()
	io.CopyBuffer(conn, conn, make([]byte, record))
}
