// Right: lines that come before it asks are lost (readline/promises).
import net from "net";
import { createInterface } from "readline/promises";
const rl = createInterface({ input: process.stdin, output: process.stdout });
const host = process.argv[2] ?? await rl.question("server address: ");
const port = process.argv[3] ?? await rl.question("server port: ");
const c = net.connect(Number(port), host);
c.setEncoding("utf8");
let log = "";
c.on("error", (e) => {
  console.log("cannot connect:", e.message);
  process.exit(1);
});
await new Promise((r) => c.on("connect", r));
console.log("client had connected to the server!");
c.on("data", (d) => log += d);
for (;;) {
  const m = await rl.question("enter a message to send to server: ");
  c.write(m + "\n");
  if (m === "quit") {
    console.log("client informing server that it is quitting.");
    break;
  }
  console.log(`client sending message: "${m}"`);
}
await new Promise((r) => c.on("end", r));
console.log("client received message log.");
console.log(log);
rl.close();
