/** Ends in the middle of something. */
import { assert, assertEquals } from "../support/assert.ts";
import { crowd } from "../support/crowd.ts";
import { insist } from "../support/echo.ts";
import { startVictim } from "../support/victim.ts";

for (const workers of [1, 2]) {
  Deno.test(`SIGTERM under load: all that came is echoed and logged, then 0: ${workers} worker(s)`, async () => {
    await using server = await startVictim(["--workers", `${workers}`]);
    const talkers = await crowd(server, 20);
    await server.logged("message", 5000);
    const log = await server.finish(); // exit code 0, and nothing on standard error
    for (const { port, echoed, over } of talkers) {
      assertEquals(await over, null); // in order, and nothing was owed
      const own = log.filter(({ peer }) => peer === `[::1]:${port}`);
      const texts = own.flatMap(({ event, text }) => event === "message" ? [text] : []);
      assertEquals(texts, Array.from({ length: echoed }, (_, i) => `${i}`));
      assertEquals(own.at(-1)?.reason, "shutdown");
      assertEquals(own.at(-1)?.messages, `${echoed}`);
    }
    assertEquals(log.at(-1)?.event, "server-stop");
  });
}

Deno.test("SIGTERM waits for --drain at most, also for who does not want to leave", async () => {
  await using server = await startVictim(["--drain", "500ms"]);
  using peer = await server.connect();
  await peer.say("hello");
  assertEquals((await peer.hear())?.text, "hello");
  const log = await server.finish(); // the peer still has its side open
  assertEquals(log.findLast(({ event }) => event === "client-close")?.reason, "shutdown");
});

Deno.test("a second wish ends it at once, whatever waits", async () => {
  await using server = await startVictim(["--drain", "1h"]);
  using peer = await server.connect();
  await peer.say("hello");
  assertEquals((await peer.hear())?.text, "hello");
  await insist(server.program);
  assertEquals(await server.program.code, 130);
});

Deno.test("SIGINT at a client in the middle of much: what was sent comes back, then 0", async () => {
  await using server = await startVictim();
  await using client = server.client("--ca", server.ca, "--style", "banner");
  const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`);
  const typing = client.type(lines.join("")).catch(() => {}); // it does not take all of it
  await client.out.find(/^line 100$/);
  client.signal("SIGINT");
  assertEquals(await client.code, 0);
  await client.endInput();
  await typing;
  const out = await client.out.text;
  assert(lines.join("").startsWith(`${out}\n`), out.slice(-100));
});
