"""Its client: the port stands in it too."""
import socket
import sys

conn = socket.create_connection(("localhost", 28889))
conn.sendall(sys.argv[1].encode())
message = b""
while True:
    data = conn.recv(16)
    message += data
    if len(data) < 16:
        break
print(message.decode())
