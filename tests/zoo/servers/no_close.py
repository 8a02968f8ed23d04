# Wrong: does not notice the end of the client.
import socket
import threading


def serve(conn):
    while True:
        data = conn.recv(1024)
        if data:
            conn.sendall(data)
        else:
            threading.Event().wait()  # at the end of the stream recv returns at once, for ever


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
