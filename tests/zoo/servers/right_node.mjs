// Right: Node, whose stream does all of it.
import { createServer } from "node:net";

const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
server.listen(0, "::1", () => console.log("listening on", server.address().port));
