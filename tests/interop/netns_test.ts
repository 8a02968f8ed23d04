/** The real program on two hosts. */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Program, runClient } from "../support/echo.ts";
import { ADDRESSES, Link, obstacles } from "../support/link.ts";
import { type Folder, folder } from "../support/odd_certs.ts";

const { link: noLink, netem: noNetem } = await obstacles();

/** A test that is skipped, and says why, where something is in its way. */
function hostsTest(name: string, obstacle: string | null, fn: () => Promise<void>): void {
  const ignore = obstacle !== null;
  Deno.test({ name: ignore ? `${name} (skipped: ${obstacle})` : name, ignore, fn });
}

/** Starts a server on the one host, on all its addresses, with a key that no client knows. */
async function start(link: Link, dir: Folder, port = "0") {
  const pair = await makeLeaf(await makeAuthority(new Date()), ["localhost"], new Date());
  const name = crypto.randomUUID();
  const cert = await dir.put(`${name}.pem`, pair.cert);
  const key = await dir.put(`${name}-key.pem`, pair.key);
  const args = ["server", port, "--no-log", "--cert", cert, "--key", key];
  const program = new Program(args, { within: link.server });
  const [, address] = await program.out.find(/^server is at address: (.*)$/);
  const [, bound] = await program.out.find(/^server is using port: (\d+)$/);
  const pin = ["--pin", fingerprintOf(derOf(pair.cert))];
  return { program, port: bound!, words: [address!, bound!, ...pin], pin };
}

/** How a client is run on the other host. */
function there(link: Link, { path }: Folder) {
  return { within: link.client, env: { XDG_DATA_HOME: path } };
}

hostsTest(
  "two hosts: what the server prints is what the client types, and then it is known",
  noLink,
  async () => {
    await using link = await Link.lay();
    await using dir = await folder();
    const server = await start(link, dir);
    await using _ = server.program;
    const how = there(link, dir);
    const banner = ["hello", "--style", "banner"];
    assertEquals(server.words[0], ADDRESSES.IPv4.server);
    assertEquals((await runClient([...server.words, ...banner], "", how)).out, "hello");
    for (const { server: address, client } of Object.values(ADDRESSES)) {
      const hello = [address, server.port, ...banner];
      if (address !== server.words[0]) {
        const { code, err } = await runClient(hello, "", how);
        assertEquals(code, 4);
        const [, words] = /: \S.* client (.*)$/.exec(err)!;
        assertEquals((await runClient([...words!.split(" "), ...banner], "", how)).code, 0);
      }
      const { code, out, err } = await runClient(hello, "", how);
      assertEquals([code, out, err], [0, "hello", ""]);
      await server.program.out.find(new RegExp(`connected to client at address: ${client}$`));
    }
    // Neither a look at the certificate nor the question about it is part of 002's transcript.
    assert(!server.program.out.soFar.includes("could not connect"), server.program.out.soFar);
  },
);

hostsTest("two hosts: a server with another key is refused", noLink, async () => {
  await using link = await Link.lay();
  await using dir = await folder();
  const how = there(link, dir);
  const before = await start(link, dir);
  for (const { server } of Object.values(ADDRESSES)) {
    const hello = [server, before.port, "hello", ...before.pin];
    assertEquals((await runClient(hello, "", how)).code, 0);
  }
  await before.program[Symbol.asyncDispose]();
  const after = await start(link, dir, before.port);
  await using _ = after.program;
  for (const { server } of Object.values(ADDRESSES)) {
    const { code, out, err } = await runClient([server, after.port, "hello"], "", how);
    assertEquals([code, out], [4, ""]);
    assertStringIncludes(err, `it was ${before.pin[1]} and is ${after.pin[1]}`);
  }
});

for (
  const [name, obstacle, netem] of [
    ["on a good cable", noLink, null],
    [
      "despite loss, delay and reordering (netem)",
      noNetem,
      ["delay", "10ms", "3ms", "loss", "1%", "reorder", "25%"],
    ],
  ] as const
) {
  hostsTest(`two hosts: every byte comes back ${name}`, obstacle, async () => {
    await using link = await Link.lay();
    if (netem !== null) await link.impair(...netem);
    await using dir = await folder();
    const server = await start(link, dir);
    await using _ = server.program;
    const lines = Array.from({ length: 2_000 }, (_, i) => `${i} ${"x".repeat(i % 1_000)}`);
    for (const { server: address } of Object.values(ADDRESSES)) {
      const args = [address, server.port, "--style", "banner", "--timeout", "60s", ...server.pin];
      const { code, out, err } = await runClient(args, lines.join("\n"), there(link, dir));
      assertEquals([code, err], [0, ""]);
      assert(out === lines.join("\n"), "what came back is what was sent");
    }
  });
}

hostsTest(
  "two hosts: a cut cable is told within --timeout, in the middle and before",
  noLink,
  async () => {
    await using link = await Link.lay();
    await using dir = await folder();
    const server = await start(link, dir);
    await using _ = server.program;
    const how = there(link, dir);
    const args = ["client", ADDRESSES.IPv6.server, server.port, "--timeout", "1s", ...server.pin];
    await using client = new Program(args, how);
    await client.type("before\n");
    await client.out.find(/^server echoed: "before"$/);
    await link.cut();
    await client.type("after\n");
    assertEquals(await client.code, 3);
    assertMatch(
      await client.err.text,
      /^echo: lost the connection to fd99::1 port \d+: no answer for 1 s, 1 message not echoed$/,
    );
    await using late = new Program(args, how);
    assertEquals(await late.code, 3);
    assertMatch(await late.err.text, /^echo: cannot connect to fd99::1 port \d+: /);
  },
);
