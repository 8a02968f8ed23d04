"""Echo client: python3 client.py HOST PORT [MESSAGE]"""
import os
import socket
import sys

BUFFER_BYTES = 1024


def open_connection(host, port):
    """Return a connected socket, or end the program with the reason."""
    try:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        sys.exit(f"cannot create a socket: {error}")
    try:
        sock.connect((host, port))
    except (OSError, OverflowError, UnicodeError) as error:
        sock.close()
        sys.exit(f"cannot connect to {host} port {port}: {error}")
    return sock


def echo(sock, message):
    """Send a message; return as many bytes, fewer if the server closes."""
    sock.sendall(message)
    data = bytearray()
    while len(data) < len(message):
        chunk = sock.recv(BUFFER_BYTES)
        if not chunk:
            break
        data += chunk
    return bytes(data)


def main():
    try:
        host, port = sys.argv[1], int(sys.argv[2])
        message = sys.argv[3] if len(sys.argv) > 3 else input("Message: ")
    except (IndexError, ValueError, EOFError):
        sys.exit("usage: python3 client.py HOST PORT [MESSAGE]")
    with open_connection(host, port) as sock:
        data = echo(sock, os.fsencode(message))
    print("Received", data)
    if len(data) < len(os.fsencode(message)):
        sys.exit("the server closed the connection too early")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"lost the connection: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
