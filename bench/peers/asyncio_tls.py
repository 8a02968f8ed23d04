"""An echo over TLS with asyncio. Usage: python3 asyncio_tls.py PORT CERT KEY; prints `ready`."""

import asyncio
import ssl
import sys


class Echo(asyncio.Protocol):
    """One client. asyncio sets TCP_NODELAY itself, and at the client's end flushes and closes."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    # A client that does not take its echoes is not read from until it does.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main():
    port, cert, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "::1", int(port), ssl=context, backlog=4096)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
