# Hostile: each child forks again without end; stops after 5 s, or at 2,000.
import os
import signal
import socket
import sys
import time

SECONDS = 5
PROCESSES = 2000

# Safety: each fork takes a byte out of this pipe, and there are no more.
tokens, filler = os.pipe()
os.write(filler, bytes(PROCESSES))
os.set_blocking(tokens, False)
end = time.monotonic() + SECONDS
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leaves no zombies
signal.alarm(SECONDS + 1)  # safety: ends it whatever it does; no child has it
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while time.monotonic() < end:
    try:
        os.read(tokens, 1)
        if os.fork() == 0:
            signal.alarm(SECONDS + 1)
    except OSError:  # no token is left, or the system refuses
        time.sleep(max(0, end - time.monotonic()))
os._exit(1)
