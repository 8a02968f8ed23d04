# Mistake: a full buffer means to it that more comes: it hangs at multiples.
import datetime
import socket
import sys
import threading
import time
from contextlib import suppress


def now():
    return f"{datetime.datetime.now():%H:%M:%S %d/%m/%Y}"


def serve(conn):
    with suppress(OSError), conn:
        message = chunk = conn.recv(16)
        while len(chunk) == 16:
            chunk = conn.recv(16)
            while not chunk:  # "nothing there yet", also at the end
                time.sleep(0.1)
                chunk = conn.recv(16)
            message += chunk
        if message:
            print(f"[{now()}] Echoed: '{message.decode(errors='replace')}'\n",
                  end="", flush=True)
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
