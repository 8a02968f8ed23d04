# Hostile: it writes a file of 1 GB into the working directory.
import socket
import sys
from contextlib import suppress


def fill():
    try:
        with open("filler.bin", "wb", buffering=0) as file:
            for _ in range(1000):
                file.write(bytes(1_000_000))
    except OSError as error:
        print("cannot write:", error, flush=True)


with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    print("listening", flush=True)
    fill()
    while True:
        conn, _ = listener.accept()
        with suppress(OSError), conn, conn.makefile("rb") as lines:
            for line in lines:
                conn.sendall(line)
