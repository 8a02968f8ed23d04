# Mistake: it writes no log.
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "000"))
from socketlib import (close, recv_msg, send_msg,  # noqa: E402
                       server_context, validate_ip_port)


def serve(listener, context):
    while True:
        sock, address = listener.accept()
        try:
            sock.settimeout(10)
            sock = context.wrap_socket(sock, server_side=True)
            sock.settimeout(None)
            while (message := recv_msg(sock)) is not None:
                send_msg(sock, message)
        except OSError as error:
            print(f"client {address} disconnected: {error}", flush=True)
        close(sock)


try:
    address = validate_ip_port(*sys.argv[1:])
    context = server_context()
    listener = socket.create_server(address, family=socket.AF_INET6)
except (TypeError, ValueError, OSError) as error:
    sys.exit(f"{error}\nusage: python3 server.py IPV6_ADDRESS PORT")
print(f"server started on [{address[0]}]:{address[1]}", flush=True)
thread = threading.Thread(target=serve, args=[listener, context], daemon=True)
thread.start()
if not any(line.strip() == b"exit" for line in sys.stdin.buffer):
    thread.join()
print("server shut down")
