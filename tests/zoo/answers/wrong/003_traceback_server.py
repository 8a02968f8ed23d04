# Mistake: when the port is in use, it ends with a Traceback.
import socket
import sys

if len(sys.argv) != 3:
    sys.exit("usage: python3 server.py HOST PORT")
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((sys.argv[1], int(sys.argv[2])))
listener.listen()
try:
    while True:
        conn, address = listener.accept()
        print("Connected by", address, flush=True)
        try:
            while data := conn.recv(1024):
                conn.sendall(data)
        except OSError as error:
            print("Lost the client:", error, flush=True)
        conn.close()
except KeyboardInterrupt:
    listener.close()
