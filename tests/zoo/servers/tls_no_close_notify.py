# Wrong: closes TCP without the end of TLS. CERT KEY
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[1], sys.argv[2])


def serve(tcp):
    try:
        with tcp, context.wrap_socket(tcp, server_side=True) as conn:
            while data := conn.recv(1024):
                conn.sendall(data)
    except OSError:
        pass


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
