# Mistake: it shows what has come only after it has sent its own next line.
import argparse
import socket
import sys

parser = argparse.ArgumentParser(description="TCP echo client")
parser.add_argument("host")
parser.add_argument("port", type=int)
args = parser.parse_args()
try:
    sock = socket.create_connection((args.host, args.port))
except OSError as error:
    sys.exit(f"[-] Cannot connect to {args.host} {args.port}: {error}")


def show(data):
    if not data:
        sys.exit("[-] Connection closed by server")
    sys.stdout.write(data.decode(errors="replace"))
    sys.stdout.flush()


try:
    print("\n")
    show(sock.recv(4096))
    print(flush=True)
    for line in sys.stdin.buffer:
        sock.sendall(line.rstrip(b"\r\n") + b"\n")
        show(sock.recv(4096))
    sock.shutdown(socket.SHUT_WR)
    while data := sock.recv(4096):
        show(data)
except OSError as error:
    sys.exit(f"[-] Connection lost: {error}")
except KeyboardInterrupt:
    pass
sock.close()
