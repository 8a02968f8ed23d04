# Mistake: it changes the letters of the message to upper case.
import socket
import sys

if len(sys.argv) != 3:
    sys.exit("usage: python3 server.py HOST PORT")
try:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((sys.argv[1], int(sys.argv[2])))
    listener.listen()
except (OSError, OverflowError, ValueError) as error:
    sys.exit(f"cannot listen on {sys.argv[1]} port {sys.argv[2]}: {error}")
try:
    while True:
        conn, address = listener.accept()
        print("Connected by", address, flush=True)
        try:
            while data := conn.recv(1024):
                conn.sendall(data.upper())
        except OSError as error:
            print("Lost the client:", error, flush=True)
        conn.close()
except KeyboardInterrupt:
    listener.close()
