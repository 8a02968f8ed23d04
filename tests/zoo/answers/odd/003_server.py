"""Right: the example of the documentation of Python; it serves one client, and ends."""
import socket, sys
HOST = 'localhost'
PORT = 28890
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind((HOST, PORT))
except OSError as e:
    print('Error:', e); sys.exit(1)
s.listen(1)
conn, addr = s.accept()
print('Connected by', addr)
while True:
    data = conn.recv(1024)
    if not data: break
    conn.sendall(data)
conn.close()
s.close()
