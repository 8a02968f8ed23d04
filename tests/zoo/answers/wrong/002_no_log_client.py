# Mistake: it does not print the message log that it receives.
import socket
import sys

sys.stdout.reconfigure(line_buffering=True)
args = sys.argv[1:]
try:
    host = args[0] if args else input("enter server address: ")
    port = int(args[1] if len(args) > 1 else input("enter server port: "))
    sock = socket.create_connection((host, port))
except (OSError, OverflowError, ValueError, EOFError) as error:
    sys.exit(f"client could not connect to the server: {error}")
print("client had connected to the server!")
prompt = "enter a message to send to server: "
try:
    while True:
        try:
            message = input(prompt)
        except EOFError:
            message = "quit"
        if message == "quit":
            break
        print(f'client sending message: "{message}"')
        sock.sendall(message.encode() + b"\n")
        prompt = "enter message to send to server: "
    print("client informing server that it is quitting.")
    sock.sendall(b"quit\n")
    while sock.recv(4096):
        pass
    print("client received message log.")
except OSError as error:
    sys.exit(f"client lost the connection to the server: {error}")
sock.close()
