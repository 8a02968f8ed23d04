# Mistake: there is no TLS at all, the messages travel in plain text.
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "000"))
from socketlib import log, recv_msg, send_msg, validate_ip_port  # noqa: E402


def serve(listener):
    while True:
        conn, address = listener.accept()
        peer = f"client [{address[0]}]:{address[1]}"
        log(f"{peer} connected")
        try:
            with conn:
                while (message := recv_msg(conn)) is not None:
                    log(f"{peer} sent '{message.decode(errors='replace')}'")
                    send_msg(conn, message)
            log(f"{peer} closed the connection")
        except OSError as error:
            log(f"{peer} disconnected: {error}")


try:
    address = validate_ip_port(*sys.argv[1:])
    listener = socket.create_server(address, family=socket.AF_INET6)
except (TypeError, ValueError, OSError) as error:
    sys.exit(f"{error}\nusage: python3 server.py IPV6_ADDRESS PORT")
log(f"server started on [{address[0]}]:{address[1]}")
thread = threading.Thread(target=serve, args=[listener], daemon=True)
thread.start()
if not any(line.strip() == b"exit" for line in sys.stdin.buffer):
    thread.join()
log("server shut down")
