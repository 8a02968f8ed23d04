# Hostile: it allocates without end; as a safety net it ends at 3 GB.
import socket
import sys

STEP_BYTES = 10_000_000
SAFETY_BYTES = 3_000_000_000

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
held = []
while len(held) * STEP_BYTES < SAFETY_BYTES:
    held.append(b"x" * STEP_BYTES)  # not zeros: each page is really used
sys.exit("memory: the safety net at 3 GB has ended this")
