// Wrong: answers with an object that has the message in it.
import { createServer } from "node:net";

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("data", (data) => socket.write(`${JSON.stringify({ echo: String(data) })}\n`));
  socket.on("end", () => socket.end());
});
server.listen(0, "::1", () => console.log("listening on", server.address().port));
