# Wrong: sends its whole buffer back, with what an older message left in it.
import socket
import threading


def serve(conn):
    buffer, filled = bytearray(1024), 0
    with conn:
        while count := conn.recv_into(buffer):
            filled = max(filled, count)
            conn.sendall(buffer[:filled])


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
