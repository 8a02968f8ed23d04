// An echo over TLS with node:tls. Usage: node node_tls.mjs PORT CERT KEY; prints `ready`.
import { readFileSync } from "node:fs";
import process from "node:process";
import { createServer } from "node:tls";

const [port, cert, key] = process.argv.slice(2);
const options = {
  cert: readFileSync(cert),
  key: readFileSync(key),
  noDelay: true,
  allowHalfOpen: true, // pipe ends our side, once the last echo is out
};
const server = createServer(options, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
});
server.on("tlsClientError", () => {}); // that client's own affair
server.listen({ port: Number(port), host: "::1", backlog: 4096 }, () => console.log("ready"));
