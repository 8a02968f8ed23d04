package main // a whole client of echo/1 (docs/protocol.md): go run client.go HOST PORT CA_FILE MESSAGE...

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

const TEXT, BROADCAST, NOTICE, ERROR, LIMIT = 1, 2, 4, 5, 16<<20 + 256 // kinds; of a payload
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func recv_n(conn io.Reader, n uint32) []byte { // exactly n bytes: one Read may bring fewer
	data := make([]byte, n)
	must(io.ReadFull(conn, data))
	return data
}

func recv_msg(conn io.Reader) []byte { // an echo's payload, or a history's, or an old message's
	length := binary.BigEndian.Uint32(recv_n(conn, 4))
	if length < 1 || length > 1+LIMIT { // before anything is allocated for it
		log.Fatalf("a frame of %d bytes", length)
	}
	body := recv_n(conn, length)
	if body[0] == ERROR {
		log.Fatalf("%s", body[3:])
	} else if body[0] == NOTICE || body[0] == BROADCAST { // they may come before it
		return recv_msg(conn)
	}
	return body[1:]
}

func send_msg(conn io.Writer, kind byte, payload string) { // in one write
	frame := append(binary.BigEndian.AppendUint32(nil, uint32(1+len(payload))), kind)
	must(conn.Write(append(frame, payload...)))
}

func main() { // no MESSAGE may be a command: quit, exit or empty
	config := &tls.Config{RootCAs: x509.NewCertPool(), NextProtos: []string{"echo/1"}}
	config.RootCAs.AppendCertsFromPEM(must(os.ReadFile(os.Args[3])))
	conn := must(tls.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]), config))
	for _, message := range os.Args[4:] {
		send_msg(conn, TEXT, message)
		fmt.Printf("echo: %s\n", recv_msg(conn))
	}
	send_msg(conn, TEXT, "quit")
	for n := binary.BigEndian.Uint64(recv_msg(conn)); n > 0; n-- {
		fmt.Printf("history: %s\n", recv_msg(conn))
	}
	conn.Close() // with close_notify
}
