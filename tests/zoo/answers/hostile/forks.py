# Hostile: it starts 20 children that sleep for an hour; its echo is right.
import os
import socket
import sys
import time
from contextlib import suppress

for _ in range(20):
    if os.fork() == 0:
        time.sleep(3600)
        os._exit(0)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    print("listening", flush=True)
    while True:
        conn, _ = listener.accept()
        with suppress(OSError), conn, conn.makefile("rb") as lines:
            for line in lines:
                conn.sendall(line)
