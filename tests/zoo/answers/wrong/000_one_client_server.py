# Mistake: it ends when its client vanishes, instead of waiting for the next.
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "000"))
from socketlib import (close, log, recv_msg, send_msg,  # noqa: E402
                       server_context, validate_ip_port)


def serve(listener, context):
    while True:
        sock, address = listener.accept()
        log(f"client {address} connected")
        try:
            sock = context.wrap_socket(sock, server_side=True,
                                       suppress_ragged_eofs=False)
            while (message := recv_msg(sock)) is not None:
                log(f"client sent '{message.decode(errors='replace')}'")
                send_msg(sock, message)
            log(f"client {address} closed the connection")
            close(sock)
        except OSError as error:
            log(f"client {address} disconnected: {error}; server shut down")
            os._exit(1)


try:
    address = validate_ip_port(*sys.argv[1:])
    listener = socket.create_server(address, family=socket.AF_INET6)
except (TypeError, ValueError, OSError) as error:
    sys.exit(f"{error}\nusage: python3 server.py IPV6_ADDRESS PORT")
log(f"server started on [{address[0]}]:{address[1]}")
threading.Thread(target=serve, args=[listener, server_context()],
                 daemon=True).start()
while sys.stdin.buffer.readline().strip() not in (b"", b"exit"):
    pass
log("server shut down")
