/** Rooms of several servers over a real nats-server that fails in every way: nothing is lost untold. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Nats, natsTest, Node, pair, until } from "../support/nats.ts";
import { identityFiles } from "../support/identity.ts";
import { Throttle } from "../support/throttle.ts";

/** Says `count` messages with time for the broker in between. */
async function keepSaying(node: Node, count: number, pause = 1): Promise<void> {
  for (let i = 0; i < count; i++) {
    node.say(`message ${node.said + 1}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** What was heard is in order and without repetition. */
function assertInOrder(node: Node): void {
  const numbers = node.heard.slice(1).map((text) => Number(text.split(" ")[1]));
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  assertEquals(new Set(numbers).size, numbers.length);
}

natsTest(
  "servers hear each other and not themselves, senders have their machine's name",
  async () => {
    await using nats = await Nats.start();
    const [a, b] = await pair({ port: nats.port });
    await using _a = a, _b = b;
    await keepSaying(a, 50, 0);
    await b.hasAllOf(a);
    assertEquals([a.heard.length, b.heard.length, a.missed, b.missed], [1, 51, 0, 0]);
    assertInOrder(b);
  },
);

natsTest(
  "a broker that comes later: told once why not, then linked, and all is heard",
  async () => {
    await using nats = await Nats.start();
    await nats.kill();
    await using a = new Node({ port: nats.port }, "a");
    const { reason } = await a.recorder.wait("room-cut");
    assertMatch(reason, /^cannot connect to the NATS server 127\.0\.0\.1:\d+: connection refused$/);
    await nats.restart();
    await a.linked();
    await using b = await new Node({ port: nats.port }, "b").linked();
    b.say("hello");
    await a.hasAllOf(b);
    assertEquals(a.heard, ["hello"]);
    assertEquals(a.recorder.events.filter(({ type }) => type === "room-cut").length, 1);
  },
);

natsTest("a broker that is killed and comes back: heard and told is what was said", async () => {
  await using nats = await Nats.start();
  const [a, b] = await pair({ port: nats.port });
  await using _a = a, _b = b;
  const saying = keepSaying(a, 300, 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await nats.kill();
  await b.recorder.wait("room-cut");
  assertMatch(b.notices[0]!, /^cut off from the other servers/);
  await nats.restart();
  await saying;
  await b.hasAllOf(a);
  assertEquals(b.heard.length + b.missed, a.said);
  assert(b.missed > 0);
  assertInOrder(b);
  assertEquals(b.notices.at(-1), "linked to the other servers again");
});

natsTest("a broker that hangs for a while: late, and nothing is missed", async () => {
  await using nats = await Nats.start();
  const [a, b] = await pair({ port: nats.port });
  await using _a = a, _b = b;
  nats.signal("SIGSTOP");
  await keepSaying(a, 100, 1);
  nats.signal("SIGCONT");
  await b.hasAllOf(a);
  assertEquals([b.heard.length, b.missed], [101, 0]);
});

natsTest("a broker that hangs for too long: cut off, told, and linked again", async () => {
  await using nats = await Nats.start();
  const [a, b] = await pair({ port: nats.port, pingInterval: 100 });
  await using _a = a, _b = b;
  nats.signal("SIGSTOP");
  await keepSaying(a, 100, 1);
  await Promise.all([a.recorder.wait("room-cut"), b.recorder.wait("room-cut")]);
  await keepSaying(a, 100, 1);
  nats.signal("SIGCONT");
  while (b.notices.at(-1) !== "linked to the other servers again") await keepSaying(a, 1, 5);
  await b.hasAllOf(a);
  assertEquals(b.heard.length + b.missed, a.said);
  assertInOrder(b);
});

natsTest(
  "a slow line: the bound holds, the rest is told, and the speaker never waits",
  async () => {
    await using nats = await Nats.start();
    using line = new Throttle(nats.port, 4 * 1024 * 1024);
    await using a = await new Node({ port: line.port }, "a").linked();
    await using b = await new Node({ port: nats.port }, "b").linked();
    a.say("hello");
    await b.hasAllOf(a);
    const text = "x".repeat(64 * 1024);
    const began = performance.now();
    for (let i = 0; i < 500; i++) a.say(text); // 32 MB at 4 MB/s
    assert(performance.now() - began < 2_000);
    await b.hasAllOf(a);
    assertEquals(b.heard.length + b.missed, a.said);
    assert(b.missed > 100 && b.heard.length > 50, `${b.heard.length} and ${b.missed}`);
  },
);

natsTest("packets that vanish: cut off, told, and linked again", async () => {
  await using nats = await Nats.start();
  using line = new Throttle(nats.port, Infinity);
  await using a = await new Node({ port: line.port, pingInterval: 100 }, "a").linked();
  await using b = await new Node({ port: nats.port }, "b").linked();
  a.say("hello");
  await b.hasAllOf(a);
  line.isSilent = true;
  await keepSaying(a, 200, 1);
  await a.recorder.wait("room-cut");
  line.isSilent = false;
  while (a.notices.at(-1) !== "linked to the other servers again") await keepSaying(a, 1, 5);
  await keepSaying(a, 10, 1);
  await b.hasAllOf(a);
  assertEquals(b.heard.length + b.missed, a.said);
  assert(b.missed >= 190, `${b.missed}`);
});

natsTest("another server that hangs does not disturb us, with write_deadline 2s", async () => {
  await using nats = await Nats.start(`write_deadline: "1s"`);
  const [a, b] = await pair({ port: nats.port });
  await using _a = a, _b = b;
  using hung = await Deno.connect({ hostname: "127.0.0.1", port: nats.port });
  await hung.write(new TextEncoder().encode("CONNECT {}\r\nSUB echo.room.test.* 1\r\n"));
  const text = "x".repeat(256 * 1024);
  for (let i = 0; i < 100; i++) {
    a.say(text);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await b.hasAllOf(a);
  assertEquals([b.heard.length, b.missed], [101, 0]);
});

natsTest("two brokers, ours is killed: linked to the other one, and the loss is told", async () => {
  await using first = await Nats.start(
    `server_name: a, cluster { name: c, listen: "127.0.0.1:-1" }`,
  );
  const cluster = await first.clusterPort();
  await using second = await Nats.start(
    `server_name: b, cluster { name: c, listen: "127.0.0.1:-1", routes: ["nats://127.0.0.1:${cluster}"] }`,
  );
  await using a = await new Node({ port: first.port }, "a", [second.port]).linked();
  await using b = await new Node({ port: second.port }, "b").linked();
  while (b.heard.length === 0) { // until the brokers have found each other
    a.say("hello");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  a.say("mark"); // what was said before it is heard or lost before it
  await until(() => b.heard.at(-1) === "mark", () => `${b.heard}`);
  const [heard, missed, said] = [b.heard.length, b.missed, a.said];
  const saying = keepSaying(a, 200, 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await first.kill();
  await saying;
  const all = () => b.heard.length - heard + b.missed - missed;
  await until(() => all() >= a.said - said, () => `${all()} of ${a.said - said}`);
  assertEquals(all(), 200);
  assert(b.heard.length - heard > 100);
  assertEquals(a.recorder.all("room-linked").map(({ broker }) => broker), [
    `127.0.0.1:${first.port}`,
    `127.0.0.1:${second.port}`,
  ]);
});

natsTest("a server that stops has said everything before, and goodbye", async () => {
  await using nats = await Nats.start();
  const [a, b] = await pair({ port: nats.port });
  await using _a = a, _b = b;
  for (let i = 0; i < 5_000; i++) a.say(`message ${a.said + 1}`);
  await a.stop();
  await b.hasAllOf(a);
  assertEquals([b.heard.length, b.missed], [5_001, 0]);
  assertInOrder(b);
});

natsTest("16 MiB pass through a broker that takes 64 KiB, exactly", async () => {
  await using nats = await Nats.start("max_payload: 65536");
  const [a, b] = await pair({ port: nats.port });
  await using _a = a, _b = b;
  const text = "0123456789abcdef".repeat(1024 * 1024);
  a.say(text);
  await b.hasAllOf(a);
  a.say("after");
  await b.hasAllOf(a);
  assertEquals([b.heard.length, b.missed], [3, 0]);
  assert(b.heard[1] === text);
  assertEquals(b.heard[2], "after");
});

natsTest(
  "secrets: a hundred wrong ones do no harm, the right one links, and no text has it",
  async () => {
    await using nats = await Nats.start(`authorization { user: "echo", password: "correct" }`);
    await using wrong = new Node({ port: nats.port, secret: "echo:wrong-secret" }, "a");
    const { reason } = await wrong.recorder.wait("room-cut");
    assertMatch(reason, /: it refuses the secret, or wants one$/);
    const { NatsLink } = await import("../../lib/net/nats.ts");
    const options = { hostname: "127.0.0.1", port: nats.port, authorities: null, name: "x" };
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i++) {
      const secret = i % 2 === 0 ? "echo:wrong-secret" : "a-token";
      const error = await NatsLink.connect({ ...options, secret }, signal).then(
        () => null,
        (error: Error) => error,
      );
      assert(error !== null && !`${error.message}${error.stack}`.includes("wrong-secret"));
    }
    await using right = await new Node({ port: nats.port, secret: "echo:correct" }, "b").linked();
    assertEquals(right.relay.node.length, 8);
  },
);

natsTest(
  "the permissions of docs/nats-server.conf are enough, and what they forbid is said",
  async () => {
    const config = await Deno.readTextFile(new URL("../../docs/nats-server.conf", import.meta.url));
    await using nats = await Nats.start(config.replace(/^listen:.*$/m, ""));
    const secret = (user: string, password: string) => ({
      port: nats.port,
      secret: `${user}:${password}`,
    });
    const options = { ...secret("echo", "change-me"), room: "try" };
    const [a, b] = await pair(options);
    await using _a = a, _b = b;
    a.say("hello");
    await b.hasAllOf(a);
    await using top = new Node({ ...secret("top", "change-me-too"), room: "try" }, "c");
    const { reason } = await top.recorder.wait("room-cut");
    assertMatch(reason, /^it does not permit: .*echo\.room\.try\.\*/i);
    assertEquals([b.missed, a.recorder.all("room-cut")], [0, []]);
  },
);

natsTest("tls:// is never plain, and nats:// says what a server with TLS wants", async () => {
  await using nats = await Nats.start();
  await using node = new Node({ port: nats.port, authorities: [], secret: "u:secret" }, "a");
  const { reason } = await node.recorder.wait("room-cut");
  assertMatch(reason, /: it does not speak TLS$/);
});

natsTest(
  "tls:// links with an authority of our own, and refuses a broker of another one",
  async () => {
    await using identity = await identityFiles();
    const [, cert, , key] = identity.options;
    await using nats = await Nats.start(`tls { cert_file: "${cert}", key_file: "${key}" }`);
    const options = { hostname: "localhost", port: nats.port };
    const authorities = [await Deno.readTextFile(identity.ca)];
    const [a, b] = await pair({ ...options, authorities });
    await using _a = a, _b = b;
    await using other = new Node({ ...options, authorities: [] }, "c");
    const { reason } = await other.recorder.wait("room-cut");
    assertMatch(reason, /certificate/i);
    await using plain = new Node(options, "d");
    assertMatch((await plain.recorder.wait("room-cut")).reason, /it wants TLS: use tls:/);
  },
);

natsTest("each kind of secret links: a token, and the seed of an nkey", async () => {
  const { nkeys } = await import("@nats-io/nats-core/internal");
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());
  for (
    const [config, secret] of [
      [`authorization { token: "a-token" }`, "a-token"],
      [`authorization { users = [ { nkey: ${user.getPublicKey()} } ] }`, seed],
    ] as const
  ) {
    await using nats = await Nats.start(config);
    await using node = await new Node({ port: nats.port, secret }, "a").linked();
    assertEquals(node.recorder.all("room-cut"), []);
  }
});
