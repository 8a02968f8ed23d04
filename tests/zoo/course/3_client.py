"""Exercise 3: a client that reads until all of its message has come back."""
import socket
import sys

host, port, message = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
with socket.create_connection((host, port)) as conn:
    conn.sendall(message)
    received = bytearray()
    while len(received) < len(message):
        data = conn.recv(1024)
        if not data:
            sys.exit("the server closed the connection too early")
        received += data
print("Received", bytes(received))
