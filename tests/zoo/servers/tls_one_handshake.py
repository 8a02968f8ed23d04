# Wrong: makes one handshake after the other, before the thread of a client begins. CERT KEY
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[1], sys.argv[2])


def serve(conn):
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data)
        conn.unwrap()


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        tcp, _ = listener.accept()
        try:
            conn = context.wrap_socket(tcp, server_side=True)
        except OSError:
            tcp.close()
            continue
        threading.Thread(target=serve, args=[conn], daemon=True).start()
