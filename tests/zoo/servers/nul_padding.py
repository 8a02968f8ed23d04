# Wrong: sends records of a fixed size.
import socket
import threading


def serve(conn):
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data.ljust(1024, b"\0"))


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
