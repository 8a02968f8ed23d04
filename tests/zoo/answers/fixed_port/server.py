"""As many write it: the port stands in the program, and its next start finds it in use for a minute."""
import datetime
import socket


def now():
    return datetime.datetime.now().strftime("%H:%M:%S %d/%m/%Y")


listener = socket.socket()
listener.bind(("localhost", 28889))
listener.listen(5)
print("--- Starting server on port 28889 at", now(), "---")
while True:
    conn, _ = listener.accept()
    message = b""
    while True:
        data = conn.recv(16)
        message += data
        if len(data) < 16:
            break
    print(f"[{now()}] Echoed: '{message.decode()}'")
    conn.sendall(message)
    conn.close()
