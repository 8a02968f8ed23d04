// An echo over WebSocket with npm's ws. Usage: node node_ws.mjs PORT CERT KEY DIRECTORY_OF_WS
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import process from "node:process";

const [port, cert, key, directory] = process.argv.slice(2);
const { WebSocketServer } = createRequire(`${directory}/`)("ws");
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("message", (data, binary) => socket.send(data, { binary }));
  socket.on("error", () => socket.terminate());
});
server.listen({ port: Number(port), host: "::1" });
