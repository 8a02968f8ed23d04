#!/usr/bin/env python3
"""Echo client that shows echoes as they come: echoclient.py HOST PORT"""
import argparse
import os
import socket
import sys
import threading


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def receive(sock, finished):
    """Show the greeting and all echoes; end when the server has left."""
    try:
        if data := sock.recv(4096):
            show(b"\n\n" + data.rstrip(b"\n") + b"\n\n")
        while data := sock.recv(4096):
            show(data)
    except OSError:
        pass
    if not finished.is_set():  # the main thread still waits for input
        show(b"[-] Connection closed by server\n")
        os._exit(1)


def talk(sock):
    """Send each line of the input, while a thread shows what comes."""
    finished = threading.Event()
    receiver = threading.Thread(target=receive, args=[sock, finished],
                                daemon=True)
    receiver.start()
    for line in sys.stdin.buffer:
        sock.sendall(line.rstrip(b"\r\n") + b"\n")
    finished.set()
    sock.shutdown(socket.SHUT_WR)  # the server sends its last echoes
    receiver.join(5)


def main():
    parser = argparse.ArgumentParser(description="TCP echo client")
    parser.add_argument("host", help="address of the server")
    parser.add_argument("port", type=int, help="port number of the server")
    args = parser.parse_args()
    try:
        sock = socket.create_connection((args.host, args.port))
    except (OSError, OverflowError, UnicodeError) as error:
        sys.exit(f"[-] Cannot connect to {args.host} {args.port}: {error}")
    with sock:
        try:
            talk(sock)
        except OSError as error:
            sys.exit(f"[-] Connection lost: {error}")
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
