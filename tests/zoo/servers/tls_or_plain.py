# Wrong: serves clients without TLS on the same port too. CERT KEY
import socket
import ssl
import sys
import threading

HANDSHAKE = b"\x16"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[1], sys.argv[2])


def serve(conn):
    try:
        is_tls = conn.recv(1, socket.MSG_PEEK) == HANDSHAKE
        with conn if not is_tls else context.wrap_socket(conn, server_side=True) as conn:
            while data := conn.recv(1024):
                conn.sendall(data)
            if is_tls:
                conn.unwrap()
    except OSError:
        pass


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
