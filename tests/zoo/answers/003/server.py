"""Echo server, one client after another: python3 server.py HOST PORT"""
import socket
import sys

BUFFER_BYTES = 1024


def open_listener(host, port):
    """Return a listening socket, or end the program with the reason."""
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        sys.exit(f"cannot create a socket: {error}")
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        sys.exit(f"cannot bind to {host} port {port}: {error}")
    return listener


def serve(conn):
    """Echo all that comes until the client closes its connection."""
    with conn:
        try:
            while data := conn.recv(BUFFER_BYTES):
                conn.sendall(data)
        except OSError as error:
            print("Lost the client:", error, flush=True)


def main():
    try:
        host, port = sys.argv[1], int(sys.argv[2])
    except (IndexError, ValueError):
        sys.exit("usage: python3 server.py HOST PORT")
    with open_listener(host, port) as listener:
        try:
            while True:
                conn, address = listener.accept()
                print("Connected by", address, flush=True)
                serve(conn)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
