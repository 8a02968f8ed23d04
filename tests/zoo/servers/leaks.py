# Wrong: the last message of any client goes to the one that is served now.
import socket
import threading
import time

last = b""


def serve(conn):
    global last
    with conn:
        while data := conn.recv(65536):
            last = data
            time.sleep(0.001)  # meanwhile another thread can change it
            conn.sendall(last)


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
