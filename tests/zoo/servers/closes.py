# Wrong: closes after one message.
import socket
import threading


def serve(conn):
    with conn, conn.makefile("rb") as lines:
        conn.sendall(lines.readline())


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
