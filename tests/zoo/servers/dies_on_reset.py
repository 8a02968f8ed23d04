# Wrong: a client that resets its connection ends the server.
import os
import socket
import threading


def serve(conn):
    with conn:
        try:
            while data := conn.recv(1024):
                conn.sendall(data)
        except ConnectionError:
            os._exit(1)  # as an exception does that nobody catches


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
