"""Client that gets its messages back: python3 client.py [HOST [PORT]]"""
import socket
import sys


def receive_log(sock):
    """Return all that the server sends until it closes the connection."""
    data = bytearray()
    while chunk := sock.recv(4096):
        data += chunk
    return data.decode(errors="replace")


def talk(sock):
    """Send messages until "quit" or the end of input; print the log."""
    prompt = "enter a message to send to server: "
    sent = 0
    while True:
        try:
            message = input(prompt)
        except EOFError:
            message = "quit"
        if message == "quit":
            break
        print(f'client sending message: "{message}"')
        sock.sendall(message.encode(errors="surrogateescape") + b"\n")
        sent += 1
        prompt = "enter message to send to server: "
    print("client informing server that it is quitting.")
    sock.sendall(b"quit\n")
    log = receive_log(sock)
    if sent and not log:
        raise ConnectionError("no message log came")
    print("client received message log.")
    print(log, end="")


def main():
    sys.stdin.reconfigure(errors="surrogateescape")
    sys.stdout.reconfigure(errors="surrogateescape", line_buffering=True)
    args = sys.argv[1:]
    try:
        host = args[0] if args else input("enter server address: ")
        port = int(args[1] if len(args) > 1
                   else input("enter server port number: "))
    except (ValueError, EOFError):
        sys.exit("usage: python3 client.py [HOST [PORT]]")
    try:
        sock = socket.create_connection((host, port))
    except (OSError, OverflowError, UnicodeError) as error:
        sys.exit(f"client could not connect to the server: {error}")
    with sock:
        print("client had connected to the server!")
        talk(sock)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"client lost the connection to the server: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
