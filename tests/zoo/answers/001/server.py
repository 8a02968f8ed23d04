"""Echo server: python3 server.py [PORT]"""
import datetime
import signal
import socket
import sys
import threading

BUFFER_BYTES = 1024


def now():
    return f"{datetime.datetime.now():%H:%M:%S %d/%m/%Y}"


def receive_all(conn):
    """Return all that comes until the client ends its sending side."""
    message = bytearray()
    while chunk := conn.recv(BUFFER_BYTES):
        message += chunk
    return bytes(message)


def serve(conn):
    """Echo and log the one message of a client."""
    try:
        with conn:
            message = receive_all(conn)
            if message:  # one print, one write: other threads print too
                text = message.decode(errors="replace")
                print(f"[{now()}] Echoed: '{text}'\n", end="", flush=True)
            conn.sendall(message)
    except OSError:
        pass  # the client has gone


def main():
    try:
        port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
        listener = socket.create_server(("127.0.0.1", port))
    except ValueError:
        sys.exit("usage: python3 server.py [PORT]")
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen on port {port}: {error}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with listener:
        port = listener.getsockname()[1]  # if it was 0
        try:
            print(f"--- Starting server on port {port} at {now()} ---",
                  flush=True)
            while True:
                conn, _ = listener.accept()
                threading.Thread(target=serve, args=[conn],
                                 daemon=True).start()
        except KeyboardInterrupt:
            print(f"--- Stopping server on port {port} at {now()} ---",
                  flush=True)


if __name__ == "__main__":
    main()
