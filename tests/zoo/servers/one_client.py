# Wrong: one client at a time; the next one waits for its end.
import socket


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                pass
