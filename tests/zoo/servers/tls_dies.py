# Wrong: ends at the first handshake that fails. CERT KEY
import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[1], sys.argv[2])

with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    with context.wrap_socket(listener, server_side=True) as secure:
        while True:
            conn, _ = secure.accept()
            with conn:
                while data := conn.recv(1024):
                    conn.sendall(data)
                conn.unwrap()
