# Mistake: it has no threads: a second client waits until the first has left.
import argparse
import socket
import sys

parser = argparse.ArgumentParser(description="TCP echo server")
parser.add_argument("port", type=int)
parser.add_argument("-b", action="store_true", help="broadcast the echo")
args = parser.parse_args()


def serve(conn):
    try:
        conn.sendall(b"Welcome to my server\n")
        while data := conn.recv(65536):
            print(data.decode(errors="replace").rstrip("\r\n"), flush=True)
            conn.sendall(data)  # to all: there is only one
    except OSError:
        pass
    conn.close()


print(f"[+] Open port {args.port}\n[+] Broadcast option: {args.b}\n")
try:
    listener = socket.create_server(("", args.port))
    print("[+] Created socket")
    print(f"[+] Binding socket to port: {args.port}\n", flush=True)
    while True:
        conn, (ip, port) = listener.accept()
        print(f"[+] Connection established | IP {ip} Port {port}\n",
              flush=True)
        serve(conn)
except OSError as error:
    sys.exit(f"[-] {error}")
except KeyboardInterrupt:
    pass
