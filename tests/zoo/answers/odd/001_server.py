"""Right: it prints by logging, to standard error."""
import socket, sys, logging
logging.basicConfig(level=logging.INFO, format='[%(asctime)s] %(message)s', datefmt='%H:%M:%S %d/%m/%Y')
port=int(sys.argv[1]); from datetime import datetime
logging.info('--- Starting server on port %d at %s ---',port,datetime.now())
s=socket.create_server(('localhost',port))
try:
    while True:
        c,a=s.accept()
        with c:
            m=b''
            while (d:=c.recv(8)): m+=d
            c.sendall(m); logging.info('Echoed: %r',m.decode())
except KeyboardInterrupt: pass
logging.info('--- Stopping server on port %d at %s ---',port,datetime.now())
