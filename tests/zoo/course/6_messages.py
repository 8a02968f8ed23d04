"""Exercise 6: messages with their length before them, as docs/protocol.md describes echo/1."""
import socket
import ssl
import struct
import sys
import threading

MAX_MESSAGE = 16 * 1024 * 1024
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain("cert.pem", "key.pem")
context.set_alpn_protocols(["echo/1"])


def recv_n(conn, count):
    """Exactly so many bytes; fewer only at the end."""
    data = bytearray()
    while len(data) < count and (piece := conn.recv(count - len(data))):
        data += piece
    return bytes(data)


def serve(conn):
    try:
        with context.wrap_socket(conn, server_side=True) as secure:
            while len(header := recv_n(secure, 4)) == 4:
                (length,) = struct.unpack(">I", header)
                if not 1 <= length <= MAX_MESSAGE + 1:
                    return
                secure.sendall(header + recv_n(secure, length))
            secure.unwrap()
    except OSError:
        pass


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100) as listener:
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
