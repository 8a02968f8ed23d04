"""Right: three lines for a connection, in its own words, with colors."""
import socket, select, argparse
p=argparse.ArgumentParser(); p.add_argument('port',type=int); p.add_argument('-b',action='store_true'); a=p.parse_args()
print('\033[32m[+]\033[0m Open port',a.port); print('\033[32m[+]\033[0m Broadcast:', 'on (True)' if a.b else 'off')
l=socket.socket(); l.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); l.bind(('0.0.0.0',a.port)); l.listen()
cs=[]
while True:
    for s in select.select([l]+cs,[],[])[0]:
        if s is l:
            c,(ip,port)=l.accept(); cs.append(c)
            print('[+] Connection established'); print('    IP:  ',ip); print('    Port:',port)
            c.sendall(b'Welcome to my server\n')
        else:
            try: d=s.recv(1024)
            except OSError: d=b''
            if not d: cs.remove(s); s.close(); print('[-] client left'); continue
            print(d.decode(errors='replace').rstrip('\n'))
            for c in (cs if a.b else [s]):
                c.sendall(d)
