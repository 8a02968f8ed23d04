# Right: reads as many bytes as it sent.
import socket
import sys


def recv_n(conn, count):
    data = b""
    while len(data) < count:
        more = conn.recv(count - len(data))
        if not more:
            raise EOFError(f"only {len(data)} of {count} bytes came")
        data += more
    return data


with socket.create_connection(("::1", int(sys.argv[1]))) as conn:
    for message in ["Hello, world", "Grüße, 世界\n", "x" * 100_000]:
        data = message.encode()
        conn.sendall(data)
        assert recv_n(conn, len(data)) == data
    conn.shutdown(socket.SHUT_WR)
    assert conn.recv(1) == b""
print("all came back")
