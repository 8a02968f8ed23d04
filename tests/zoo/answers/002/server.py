"""Server with a message log, for one client: python3 server.py [PORT]"""
import socket
import sys


def own_address():
    """Return the address by which other computers reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # UDP: nothing is sent
            return sock.getsockname()[0]
        except OSError:  # there is no network
            return "127.0.0.1"


def serve(conn):
    """Print messages until "quit", then send them all back."""
    messages = []
    with conn.makefile("rb") as lines:
        for line in lines:
            message = line.rstrip(b"\r\n")
            if message == b"quit":
                print("the client had informed the server "
                      "that it is quitting")
                conn.sendall(b"".join(each + b"\n" for each in messages))
                return
            messages.append(message)
            text = message.decode(errors="replace")
            print(f'server received message: "{text}"')
    raise ConnectionError("the client has left without quit")


def main():
    sys.stdout.reconfigure(line_buffering=True)  # also if it is a pipe
    try:
        port = int(sys.argv[1] if len(sys.argv) > 1
                   else input("enter port number: "))
        listener = socket.create_server(("", port))
    except (ValueError, EOFError):
        sys.exit("usage: python3 server.py [PORT]")
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen on port {port}: {error}")
    with listener:
        print(f"server is at address: {own_address()}")
        print(f"server is using port: {listener.getsockname()[1]}")
        conn, address = listener.accept()
    with conn:
        print(f"server connected to client at address: {address[0]}")
        serve(conn)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"the connection is lost: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
