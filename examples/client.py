"""A whole client of echo/1 (docs/protocol.md): python3 client.py HOST PORT CA_FILE MESSAGE..."""

import os, socket, ssl, struct, sys

BYTES, TEXT, BROADCAST, HISTORY, NOTICE, ERROR = range(6)  # the kinds
LIMIT = 16 * 1024 * 1024 + 256  # of a payload; a broadcast has its sender besides


def recv_n(conn, n):
    """Exactly n bytes: one recv may bring fewer."""
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError(f"the server ended after {len(data)} of {n} bytes")
        data += piece
    return data


def recv_msg(conn):
    """One frame: its kind and its payload."""
    (length,) = struct.unpack(">I", recv_n(conn, 4))
    if not 1 <= length <= 1 + LIMIT:  # before anything is allocated for it
        raise ValueError(f"a frame of {length} bytes")
    body = recv_n(conn, length)
    return body[0], body[1:]


def send_msg(conn, kind, payload):
    """One frame, in one write."""
    conn.sendall(struct.pack(">IB", 1 + len(payload), kind) + payload)


def recv_answer(conn):
    """The payload of the next echo or history; notices and broadcasts may come before it."""
    while True:
        kind, payload = recv_msg(conn)
        if kind == ERROR:
            raise ValueError(payload[2:].decode())
        if kind not in (NOTICE, BROADCAST):
            return payload


def main(host, port, ca_file, *messages):
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["echo/1"])
    tcp = socket.create_connection((host, int(port)))
    with context.wrap_socket(tcp, server_hostname=host, suppress_ragged_eofs=False) as conn:
        for message in messages:  # none may be a command: quit, exit or empty
            send_msg(conn, TEXT, os.fsencode(message))
            print("echo:", recv_answer(conn).decode(errors="replace"))
        send_msg(conn, TEXT, b"quit")
        (count,) = struct.unpack(">Q", recv_answer(conn))
        for _ in range(count):
            print("history:", recv_msg(conn)[1].decode(errors="replace"))
        conn.unwrap()  # close_notify from both sides


main(*sys.argv[1:])
