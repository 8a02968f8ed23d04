# Mistake: without arguments it shows a Traceback, not its usage.
import socket
import sys
import threading

port, broadcast = int(sys.argv[1]), "-b" in sys.argv
clients = []


def serve(conn):
    try:
        while data := conn.recv(65536):
            print(data.decode(errors="replace").rstrip("\r\n") + "\n",
                  end="", flush=True)
            for each in list(clients) if broadcast else [conn]:
                each.sendall(data)
    except OSError:
        pass
    clients.remove(conn)
    conn.close()


print(f"[+] Open port {port}\n[+] Broadcast option: {broadcast}\n")
try:
    listener = socket.create_server(("", port))
    print("[+] Created socket")
    print(f"[+] Binding socket to port: {port}\n", flush=True)
    while True:
        conn, (ip, source) = listener.accept()
        print(f"[+] Connection established | IP {ip} Port {source}\n\n",
              end="", flush=True)
        conn.sendall(b"Welcome to my server\n")
        clients.append(conn)
        threading.Thread(target=serve, args=[conn], daemon=True).start()
except OSError as error:
    sys.exit(f"[-] {error}")
except KeyboardInterrupt:
    pass
