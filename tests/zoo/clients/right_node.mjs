// Right: sends all, ends its side, and compares what came back.
import { connect } from "node:net";

const sent = Buffer.from("Hello, world\nGrüße, 世界\n".repeat(5_000));
const pieces = [];
const conn = connect({ host: "::1", port: Number(process.argv[2]) }, () => conn.end(sent));
conn.on("data", (piece) => pieces.push(piece));
conn.on("close", () => {
  if (!Buffer.concat(pieces).equals(sent)) process.exit(5);
  console.log("all came back");
});
