# Hostile: it prints without end.
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
try:
    while True:
        sys.stdout.write("flood " * 10_000 + "\n")
except BrokenPipeError:
    sys.stderr.close()  # nobody reads any more
