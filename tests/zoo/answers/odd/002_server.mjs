// Right: it listens on :: and means IPv4 too, and ends by itself.
import net from "node:net";
const port = Number(process.argv[2]);
const s = net.createServer((c) => {
  console.log("server connected to client at address:", c.remoteAddress);
  let buf = "";
  const log = [];
  c.setEncoding("utf8");
  c.on("data", (d) => {
    buf += d;
    let i;
    while ((i = buf.indexOf("\n")) >= 0) {
      const m = buf.slice(0, i);
      buf = buf.slice(i + 1);
      if (m === "quit") {
        console.log("the client had informed the server that it is quitting");
        c.end(log.join("\n"));
        s.close();
      } else {
        console.log(`server received message: "${m}"`);
        log.push(m);
      }
    }
  });
  c.on("error", () => {});
});
s.listen(port, () => {
  console.log("server is at address: 127.0.0.1");
  console.log("server is using port:", port);
});
