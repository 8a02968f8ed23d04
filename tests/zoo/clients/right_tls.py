# Right: TLS by the standard library, and the authority of the server.
import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[2])
with socket.create_connection(("::1", int(sys.argv[1]))) as tcp:
    with context.wrap_socket(tcp, server_hostname="localhost") as conn:
        conn.sendall(b"Hello, world")
        assert conn.recv(1024) == b"Hello, world"
print("all came back")
