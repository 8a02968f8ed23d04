"""Messages, TLS and a log, for the echo client and the echo server.

A message is 4 bytes with its length (big endian), then its bytes.
"""
import datetime
import fcntl
import ipaddress
import os
import ssl
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
CERT = os.path.join(HERE, "cert.pem")
KEY = os.path.join(HERE, "key.pem")
HEADER = struct.Struct("!I")
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


def recv_n(sock, n):
    """Return the next n bytes; fewer only if the stream ends before."""
    data = bytearray()
    while len(data) < n:
        chunk = sock.recv(min(n - len(data), 65536))
        if not chunk:
            break
        data += chunk
    return bytes(data)


def recv_msg(sock):
    """Return the next message as bytes, or None at the end of the stream."""
    header = recv_n(sock, HEADER.size)
    if not header:
        return None
    if len(header) == HEADER.size:
        length, = HEADER.unpack(header)
        if length > MAX_MESSAGE_BYTES:
            raise ConnectionError(f"a message of {length} bytes is too long")
        message = recv_n(sock, length)
        if len(message) == length:
            return message
    raise ConnectionError("the stream ended inside a message")


def send_msg(sock, message):
    """Send all of a message (bytes)."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message of {len(message)} bytes is too long")
    sock.sendall(HEADER.pack(len(message)) + message)


def validate_ip_port(ip, port):
    """Return IPv6 address and port number; a ValueError says what is wrong."""
    try:
        ipaddress.IPv6Address(ip)
    except ValueError:
        raise ValueError(f"{ip!r} is not an IPv6 address") from None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{port!r} is not a port number from 1 to 65535")
    return ip, int(port)


def log(text, path="server.log"):
    """Append a line with the time to the log file, and print it."""
    text = text.replace("\r", "\\r").replace("\n", "\\n")  # one line stays one
    line = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S} {text}"
    with open(path, "a", encoding="utf-8", errors="replace") as file:
        file.write(line + "\n")
    print(line, flush=True)


def server_context():
    """Return the server's TLS context; openssl makes a certificate once."""
    with open(__file__) as lock:  # two servers at once make it only once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(CERT):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                 "-keyout", KEY, "-out", CERT, "-days", "3650",
                 "-subj", "/CN=echo server"],
                check=True, stdin=subprocess.DEVNULL, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Some Pythons take a connection that breaks off for one that ends.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    context.load_cert_chain(CERT, KEY)
    return context


def client_context():
    """Return a TLS context that trusts only cert.pem, whatever its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if os.path.exists(CERT):
        context.load_verify_locations(CERT)
    else:
        context.verify_mode = ssl.CERT_NONE
        print("There is no cert.pem: the server is NOT verified.", flush=True)
    return context


def close(sock):
    """Close a TLS connection; a peer that has left already is no error."""
    try:
        sock.settimeout(2)
        sock.unwrap()
    except (OSError, ValueError, AttributeError):  # or it has no TLS yet
        pass
    sock.close()
