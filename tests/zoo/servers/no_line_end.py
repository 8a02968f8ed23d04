# Wrong: strips the line end, and does not put it back.
import socket
import threading


def serve(conn):
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data.strip())


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
