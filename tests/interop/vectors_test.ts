/** The conversations of tests/vectors.json against the server as it is run, over TLS. */
import { assertEquals } from "../support/assert.ts";
import { startServer } from "../support/echo.ts";
import { identityFiles } from "../support/identity.ts";
import { conversations, type ConversationVector, hex } from "../support/vectors.ts";

/** The conversations by the options of the server that they need. */
const byOptions = Map.groupBy(conversations, ({ options }) => options.join(" "));

for (const [words, group] of byOptions) {
  Deno.test(`vectors: conversations with a server ${words || "without options"}`, async (t) => {
    await using identity = await identityFiles();
    await using server = await startServer(...group[0]!.options, ...identity.options);
    const ca = await Deno.readTextFile(identity.ca);
    for (const conversation of group) {
      await t.step(conversation.name, async () => {
        assertEquals(await converse(conversation, server.port, ca), conversation.server);
      });
    }
  });
}

/** Says what the client says, and returns in hex what the server answers. */
async function converse(
  { alpn, client }: ConversationVector,
  port: number,
  ca: string,
): Promise<string> {
  using conn = await Deno.connectTls({
    hostname: "::1",
    port,
    caCerts: [ca],
    ...(alpn === null ? {} : { alpnProtocols: [alpn] }),
  });
  assertEquals((await conn.handshake()).alpnProtocol, alpn);
  for (const write of client) {
    const bytes = hex(write);
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
  }
  await conn.closeWrite();
  let answer = "";
  const piece = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await conn.read(piece);
    if (count === null) return answer;
    answer += piece.subarray(0, count).toHex();
  }
}
