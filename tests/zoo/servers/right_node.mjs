// Right: Node, whose stream does all of it.
import { createServer } from "node:net";

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => {}); // a client that resets its connection must not end the program
  socket.pipe(socket);
});
server.listen(0, "::1", () => console.log("listening on", server.address().port));
