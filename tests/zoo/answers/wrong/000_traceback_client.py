# Mistake: where no server is, it ends with a Traceback.
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "000"))
from socketlib import (client_context, close, recv_msg,  # noqa: E402
                       send_msg, validate_ip_port)

try:
    address = validate_ip_port(*sys.argv[1:])
except (TypeError, ValueError) as error:
    sys.exit(f"{error}\nusage: python3 client.py IPV6_ADDRESS PORT")
sock = client_context().wrap_socket(socket.create_connection(address))
print('Connected; type "exit" to end.', flush=True)
try:
    while True:
        print("Message: ", end="", flush=True)
        line = sys.stdin.buffer.readline()
        if not line or line.strip() == b"exit":
            break
        send_msg(sock, line.rstrip(b"\r\n"))
        echo = recv_msg(sock)
        if echo is None:
            raise ConnectionError("the server closed the connection")
        print("Echo:", echo.decode(errors="replace"), flush=True)
except (OSError, ValueError) as error:
    sys.exit(f"\nThe connection is lost: {error}")
close(sock)
print("Goodbye.")
