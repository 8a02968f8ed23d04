# Mistake: there is no TLS at all, the messages travel in plain text.
import os
import select
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "000"))
from socketlib import recv_msg, send_msg, validate_ip_port  # noqa: E402

try:
    address = validate_ip_port(*sys.argv[1:])
except (TypeError, ValueError) as error:
    sys.exit(f"{error}\nusage: python3 client.py IPV6_ADDRESS PORT")
try:
    sock = socket.create_connection(address)
except OSError as error:
    sys.exit(f"cannot connect to [{address[0]}]:{address[1]}: {error}")
keyboard = sys.stdin.buffer.raw
print('Connected; type "exit" to end.', flush=True)
try:
    while True:
        print("Message: ", end="", flush=True)
        if keyboard in select.select([keyboard, sock], [], [])[0]:
            line = keyboard.readline()
            if not line or line.strip() == b"exit":
                break
            send_msg(sock, line.rstrip(b"\r\n"))
        echo = recv_msg(sock)
        if echo is None:
            raise ConnectionError("the server closed the connection")
        print("Echo:", echo.decode(errors="replace"), flush=True)
except (OSError, ValueError) as error:
    sys.exit(f"\nThe connection is lost: {error}")
sock.close()
print("Goodbye.")
