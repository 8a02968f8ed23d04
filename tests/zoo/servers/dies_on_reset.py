# Wrong: a client that resets its connection ends the server.
import select
import socket


with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    conns = [listener]
    while True:
        for ready in select.select(conns, [], [])[0]:
            if ready is listener:
                conns.append(listener.accept()[0])
            elif data := ready.recv(1024):  # raises ConnectionResetError
                ready.sendall(data)
            else:
                conns.remove(ready)
                ready.close()
