"""Echo client over TLS: python3 client.py IPV6 PORT"""
import select
import socket
import ssl
import sys

from socketlib import (client_context, close, recv_msg, send_msg,
                       validate_ip_port)

USAGE = """usage: python3 client.py IPV6_ADDRESS PORT
   as: python3 client.py ::1 12345"""


def has_closed(sock):
    """Tell whether the server has closed; TLS alone may send a ticket."""
    sock.setblocking(False)
    try:
        sock.recv(1)
        return True  # the end, or something that nobody has asked for
    except ssl.SSLWantReadError:
        return False
    finally:
        sock.setblocking(True)


def read_line(sock):
    """Return a typed line as bytes, unless the server closes before."""
    keyboard = sys.stdin.buffer.raw  # without a buffer: select sees all
    while True:
        ready, _, _ = select.select([keyboard, sock], [], [])
        if keyboard in ready:
            return keyboard.readline()
        if has_closed(sock):
            raise ConnectionError("the server closed the connection")


def talk(sock):
    """Send each typed line and print its echo, until "exit"."""
    while True:
        print("Message: ", end="", flush=True)
        line = read_line(sock)
        if not line or line.strip() == b"exit":
            return
        send_msg(sock, line.rstrip(b"\r\n"))
        echo = recv_msg(sock)
        if echo is None:
            raise ConnectionError("the server closed the connection")
        print("Echo:", echo.decode(errors="replace"), flush=True)


def main():
    if len(sys.argv) != 3:
        sys.exit(USAGE)
    try:
        address = validate_ip_port(*sys.argv[1:])
    except ValueError as error:
        sys.exit(f"{error}\n{USAGE}")
    try:
        context = client_context()
        plain = socket.create_connection(address, timeout=10)
        sock = context.wrap_socket(plain)
        sock.settimeout(None)
    except OSError as error:
        sys.exit(f"cannot connect to [{address[0]}]:{address[1]}: {error}")
    print(f"Connected to [{address[0]}]:{address[1]}; "
          'type "exit" to end.', flush=True)
    try:
        talk(sock)
    except (OSError, ValueError) as error:
        sys.exit(f"\nThe connection is lost: {error}")
    except KeyboardInterrupt:
        pass
    finally:
        close(sock)
    print("Goodbye.")


if __name__ == "__main__":
    main()
