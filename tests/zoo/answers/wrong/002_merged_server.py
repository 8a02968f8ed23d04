# Mistake: it takes what one recv returns for one message, never for several.
import socket
import sys
from contextlib import suppress

sys.stdout.reconfigure(line_buffering=True)
try:
    port = int(sys.argv[1] if len(sys.argv) > 1
               else input("enter port number: "))
    listener = socket.create_server(("", port))
except (OSError, OverflowError, ValueError, EOFError) as error:
    sys.exit(f"cannot listen: {error}\nusage: python3 server.py [PORT]")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    try:
        sock.connect(("192.0.2.1", 9))
        print(f"server is at address: {sock.getsockname()[0]}")
    except OSError:
        print("server is at address: 127.0.0.1")
print(f"server is using port: {port}")
conn, address = listener.accept()
print(f"server connected to client at address: {address[0]}")
messages = []
with suppress(OSError), conn:
    while data := conn.recv(4096):
        message = data.rstrip(b"\r\n")
        if message == b"quit":
            print("the client had informed the server that it is quitting")
            conn.sendall(b"".join(each + b"\n" for each in messages))
            break
        messages.append(message)
        text = message.decode(errors="replace")
        print(f'server received message: "{text}"')
