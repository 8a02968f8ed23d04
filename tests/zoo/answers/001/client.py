"""Echo client: python3 client.py MESSAGE [PORT]"""
import os
import socket
import sys

BUFFER_BYTES = 1024


def echo(message, port):
    """Send a message (bytes); return the whole answer."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(message)
        sock.shutdown(socket.SHUT_WR)  # the server sees the message's end
        answer = bytearray()
        while chunk := sock.recv(BUFFER_BYTES):
            answer += chunk
    return bytes(answer)


def main():
    try:
        message = os.fsencode(sys.argv[1])
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 8888
    except (IndexError, ValueError):
        sys.exit("usage: python3 client.py MESSAGE [PORT]")
    try:
        print(echo(message, port).decode(errors="replace"))
    except (OSError, OverflowError) as error:
        sys.exit(f"no echo from port {port}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
