# Hostile: it ignores SIGINT and SIGTERM; only SIGKILL ends it.
import signal
import socket
import sys
from contextlib import suppress

signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    print("listening", flush=True)
    while True:
        conn, _ = listener.accept()
        with suppress(OSError), conn, conn.makefile("rb") as lines:
            for line in lines:
                conn.sendall(line)
