// An echo over TLS with Bun. Usage: bun bun_tls.ts PORT CERT KEY; prints `ready`.
// deno-lint-ignore-file -- it is written for Bun, whose types are not here
// @ts-nocheck

const [port, cert, key] = process.argv.slice(2);

/** Writes what waits for a socket, and ends it after the last echo if its client has ended. */
function flush(socket) {
  const { waiting } = socket.data;
  while (waiting.length > 0) {
    const written = socket.write(waiting[0]);
    if (written < waiting[0].length) {
      if (written > 0) waiting[0] = waiting[0].subarray(written);
      return;
    }
    waiting.shift();
  }
  if (socket.data.hasEnded) socket.end();
}

Bun.listen({
  hostname: "::1",
  port: Number(port),
  tls: { cert: Bun.file(cert), key: Bun.file(key) },
  allowHalfOpen: true,
  socket: {
    open(socket) {
      socket.setNoDelay(true);
      socket.data = { waiting: [], hasEnded: false };
    },
    data(socket, bytes) {
      const { waiting } = socket.data;
      if (waiting.length === 0) {
        const written = socket.write(bytes);
        if (written === bytes.length) return;
        bytes = bytes.subarray(Math.max(written, 0));
      }
      waiting.push(new Uint8Array(bytes)); // the buffer is used again
    },
    drain: flush,
    end(socket) {
      socket.data.hasEnded = true;
      flush(socket);
    },
    error() {},
  },
});
console.log("ready");
