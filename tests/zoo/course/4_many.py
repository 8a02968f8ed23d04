"""Exercise 4: an echo server for many clients, of which some vanish."""
import socket
import sys
import threading


def serve(conn):
    with conn:
        try:
            while data := conn.recv(65536):
                conn.sendall(data)
        except ConnectionError:
            pass  # it has left without a goodbye


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100) as listener:
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
