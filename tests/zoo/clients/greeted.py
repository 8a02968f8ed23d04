# As the client of assignment 004: waits for a greeting, and shows what comes as it comes.
import socket
import sys
import threading


def show(conn):
    while data := conn.recv(1024):
        sys.stdout.write(data.decode())
        sys.stdout.flush()


with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as conn:
    print(f"\n\n{conn.recv(1024).decode()}\n\n", flush=True)
    shower = threading.Thread(target=show, args=[conn])
    shower.start()
    for line in sys.stdin:
        conn.sendall(line.rstrip("\n").encode())
    conn.shutdown(socket.SHUT_WR)
    shower.join()
