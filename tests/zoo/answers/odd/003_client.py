"""Right: its message and its port stand in it, and it prints in its own words."""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(('localhost', 28890))
s.sendall(b'Demo Message - client: Ada')
data = s.recv(1024)
s.close()
print('Echo from server:', repr(data))
