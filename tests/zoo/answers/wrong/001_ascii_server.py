# Mistake: it takes the message for ASCII, and loses all other characters.
import datetime
import socket
import sys
import threading
from contextlib import suppress


def now():
    return f"{datetime.datetime.now():%H:%M:%S %d/%m/%Y}"


def serve(conn):
    with suppress(OSError), conn:
        message = b""
        while chunk := conn.recv(1024):
            message += chunk
        text = message.decode('ascii', errors='ignore')
        message = text.encode()
        if text:
            print(f"[{now()}] Echoed: '{text}'\n", end="", flush=True)
        conn.sendall(message)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
with socket.create_server(("127.0.0.1", port)) as listener:
    try:
        print(f"--- Starting server on port {port} at {now()} ---", flush=True)
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=serve, args=[conn], daemon=True).start()
    except KeyboardInterrupt:
        print(f"--- Stopping server on port {port} at {now()} ---", flush=True)
