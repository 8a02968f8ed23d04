"""Echo server over TLS, one client at a time: python3 server.py IPV6 PORT"""
import select
import signal
import socket
import subprocess
import sys
import threading

from socketlib import (close, log, recv_msg, send_msg, server_context,
                       validate_ip_port)

USAGE = """usage: python3 server.py IPV6_ADDRESS PORT
   as: python3 server.py ::1 12345"""


def wait_for(sock, stop):
    """Wait for data or a client; return False if the server is to end."""
    return stop not in select.select([sock, stop], [], [])[0]


def echo_all(conn, peer, stop):
    """Echo all messages of a client; what pends is decrypted already."""
    while conn.pending() or wait_for(conn, stop):
        message = recv_msg(conn)
        if message is None:
            log(f"{peer} closed the connection")
            return
        log(f"{peer} sent '{message.decode(errors='replace')}'")
        send_msg(conn, message)


def serve(listener, context, stop):
    """Serve one client after another."""
    while wait_for(listener, stop):
        sock, address = listener.accept()
        peer = f"client [{address[0]}]:{address[1]}"
        log(f"{peer} connected")
        try:
            sock.settimeout(10)  # for the TLS handshake
            sock = context.wrap_socket(sock, server_side=True,
                                       suppress_ragged_eofs=False)
            sock.settimeout(None)
            echo_all(sock, peer, stop)
        except OSError as error:
            log(f"{peer} disconnected: {error}")
        close(sock)


def wait_for_exit(thread):
    """Return when "exit" is typed, or at Ctrl-C."""
    try:
        for line in sys.stdin.buffer:
            if line.strip() == b"exit":
                return
        thread.join()  # the input has ended, nobody can type: serve on
    except KeyboardInterrupt:
        pass


def main():
    if len(sys.argv) != 3:
        sys.exit(USAGE)
    try:
        address = validate_ip_port(*sys.argv[1:])
    except ValueError as error:
        sys.exit(f"{error}\n{USAGE}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        context = server_context()
        listener = socket.create_server(address, family=socket.AF_INET6)
        log(f"server started on [{address[0]}]:{address[1]}")
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"cannot start the server: {error}")
    print('Type "exit" to end the server.', flush=True)
    stop, stopper = socket.socketpair()
    thread = threading.Thread(target=serve, daemon=True,
                              args=[listener, context, stop])
    thread.start()
    wait_for_exit(thread)
    stopper.close()  # stop is readable now
    thread.join(3)  # not for ever: a client may be in the middle of a message
    log("server shut down")


if __name__ == "__main__":
    main()
