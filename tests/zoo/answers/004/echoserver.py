#!/usr/bin/env python3
"""Echo server, with broadcast as an option: echoserver.py PORT [-b]"""
import argparse
import socket
import struct
import sys
import threading

GREETING = b"Welcome to my server\n"
SEND_TIMEOUT = struct.pack("ll", 2, 0)  # seconds, microseconds
clients = set()
lock = threading.Lock()  # for the set, and for what goes to all


def say(text):
    """Print in one write, because several threads print."""
    print(text + "\n", end="", flush=True)


def send_to_all(data):
    """Send to all clients; forget one that has gone or does not read."""
    with lock:
        for conn in list(clients):
            try:
                conn.sendall(data)
            except OSError:
                clients.remove(conn)
                try:
                    conn.shutdown(socket.SHUT_RDWR)  # ends its thread
                except OSError:
                    pass  # it has ended already


def serve(conn, broadcast):
    """Show and echo what one client sends, until it has left."""
    try:
        while data := conn.recv(65536):
            say(data.decode(errors="replace").rstrip("\r\n"))
            if broadcast:
                send_to_all(data)
            else:
                conn.sendall(data)
    except OSError:
        pass  # it left without a goodbye
    with lock:
        clients.discard(conn)
    conn.close()


def accept_clients(listener, broadcast):
    while True:
        conn, (ip, port) = listener.accept()
        say(f"[+] Connection established | IP {ip} Port {port}\n")
        if broadcast:  # one client must not stop all others for ever
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                            SEND_TIMEOUT)
        try:
            with lock:  # nobody's message comes before the greeting
                conn.sendall(GREETING)
                clients.add(conn)
        except OSError:
            conn.close()
            continue
        threading.Thread(target=serve, args=[conn, broadcast],
                         daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description="TCP echo server")
    parser.add_argument("port", type=int, help="port number to listen on")
    parser.add_argument("-b", action="store_true",
                        help="broadcast each echo to all clients")
    args = parser.parse_args()
    say(f"[+] Open port {args.port}\n[+] Broadcast option: {args.b}\n")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            say("[+] Created socket")
            say(f"[+] Binding socket to port: {args.port}\n")
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("", args.port))
            listener.listen()
            accept_clients(listener, args.b)
    except (OSError, OverflowError) as error:
        sys.exit(f"[-] {error}")
    except KeyboardInterrupt:
        say("[+] Closed socket")


if __name__ == "__main__":
    main()
