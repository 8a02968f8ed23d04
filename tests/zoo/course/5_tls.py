"""Exercise 5: the same over TLS. The handshake is the business of each client's own thread."""
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain("cert.pem", "key.pem")


def serve(conn):
    try:
        with context.wrap_socket(conn, server_side=True) as secure:
            while data := secure.recv(65536):
                secure.sendall(data)
            secure.unwrap()  # close_notify: the client knows that nothing is missing
    except OSError:
        pass  # no TLS, or it has left without a goodbye


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100) as listener:
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
