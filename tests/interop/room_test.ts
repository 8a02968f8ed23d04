/** A room (`--broadcast`) of clients that know echo/1 and clients that do not: all hear each other. */
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/echo.ts";
import { identityFiles } from "../support/identity.ts";
import { hasTool } from "../support/tools.ts";

const GREETING = "Grüße, 世界 👋 \u{1F469}\u200D\u{1F4BB} e\u0301";
const SENDER = String.raw`\[::1\]:\d+`;

/** A program of others that is connected: it says what is typed and shows what it hears. */
class Stranger implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #heard = "";

  constructor([command, ...args]: string[]) {
    this.#child = new Deno.Command(command!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Says a line. */
  async say(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${text}\n`));
  }

  /** The next line that it hears. */
  async next(): Promise<string> {
    while (!this.#heard.includes("\n")) {
      const { done, value } = await this.#output.read();
      if (done) throw new Error(`it has left, and heard only ${JSON.stringify(this.#heard)}`);
      this.#heard += value;
    }
    const end = this.#heard.indexOf("\n");
    const line = this.#heard.slice(0, end);
    this.#heard = this.#heard.slice(end + 1);
    return line;
  }

  /** Says something, so that it is known to be in the room when its echo is here. */
  async enter(text: string): Promise<void> {
    await this.say(text);
    assertEquals(await this.next(), text);
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#input.close().catch(() => {});
    await this.#output.cancel();
    await this.#child.status;
  }
}

Deno.test({
  name: "room: openssl, ncat and our client hear each other (needs openssl, ncat)",
  ignore: !hasTool("openssl") || !hasTool("ncat"),
  async fn() {
    await using identity = await identityFiles();
    await using server = await startServer("--broadcast", ...identity.options);
    await using openssl = new Stranger(opensslTo(server.port));
    await openssl.enter("openssl is here");
    await using ncat = new Stranger(["ncat", "--ssl", "::1", `${server.port}`]);
    await ncat.enter("ncat is here");
    assertEquals(await openssl.next(), "ncat is here");

    await using ours = server.client("--ca", identity.ca);
    await ours.type(`${GREETING}\n`);
    await ours.out.find(RegExp(`^server echoed: "`));
    assertEquals(await openssl.next(), GREETING);
    assertEquals(await ncat.next(), GREETING);

    for (const text of [GREETING, "quit", "", "exit", "two: colons: here"]) {
      await openssl.say(text); // commands too: in raw there are none
      assertEquals(await openssl.next(), text);
      assertEquals(await ncat.next(), text);
      await ours.out.find(RegExp(`^${SENDER} says: "${text === GREETING ? "Grüße, 世界" : text}`));
    }

    await ours.endInput();
    assertEquals([await ours.code, await ours.err.text], [0, ""]);
    await ncat.say("still here");
    assertEquals(await ncat.next(), "still here");
    assertEquals(await openssl.next(), "still here");
  },
});

Deno.test({
  name: "room: clients of lines hear each other, each message in a line (needs nc)",
  ignore: !hasTool("nc"),
  async fn() {
    const options = ["--plain", "--dialect", "lines", "--broadcast"];
    await using server = await startServer(...options);
    const nc = ["nc", "::1", `${server.port}`];
    await using ann = new Stranger(nc);
    await ann.enter("Ann is here");
    await using bob = new Stranger(nc);
    await bob.enter("Bob is here");
    assertHeard(await ann.next(), "Bob is here");

    for (const text of [GREETING, " quit", "two: colons: here"]) {
      await bob.say(text);
      assertEquals(await bob.next(), text);
      assertHeard(await ann.next(), text);
    }
    await bob.say("as telnet does\r");
    assertEquals(await bob.next(), "as telnet does\r");
    assertHeard(await ann.next(), "as telnet does");

    await using ours = server.client("--plain", "--dialect", "lines", "-b");
    await ours.type(`${GREETING}\n`);
    await ours.out.find(/^server echoed: "/);
    assertHeard(await ann.next(), GREETING);
    await ann.say("the same");
    await ours.out.find(RegExp(`^server says: ${SENDER}: the same$`));
    await ours.type("quit\n");
    await ours.out.find(/^client received message log\.$/);
    assertEquals(await ours.code, 0);
  },
});

Deno.test({
  name: "room: who never reads hurts nobody (needs openssl, ncat)",
  ignore: !hasTool("openssl") || !hasTool("ncat"),
  async fn() {
    await using identity = await identityFiles();
    const quiet = ["--style", "quiet"];
    await using server = await startServer("--broadcast", ...quiet, ...identity.options);
    await using stopped = new Stranger(opensslTo(server.port));
    await stopped.enter("I am going to sleep");
    stopped.signal("SIGSTOP");

    await using ann = new Stranger(["ncat", "--ssl", "::1", `${server.port}`]);
    await ann.enter("Ann is here");
    await using bob = server.client("--ca", identity.ca, "--style", "banner");
    await bob.type("Bob is here\n");
    assertEquals(await bob.out.next(), "Bob is here");
    assertEquals(await ann.next(), "Bob is here");
    // More than the sockets and the queue of who sleeps take.
    const long = "x".repeat(512 * 1024);
    for (let i = 0; i < 64; i++) {
      await bob.type(`${i} ${long}\n`);
      assertEquals(await bob.out.next(), `${i} ${long}`);
      assertEquals(await ann.next(), `${i} ${long}`);
    }

    stopped.signal("SIGCONT");
    await stopped.say("good morning");
    assertEquals(await ann.next(), "good morning");
    let heard = 0;
    while (await stopped.next() !== "good morning") heard++;
    assert(heard < 64, "the server kept all of it for who slept");
  },
});

function opensslTo(port: number): string[] {
  return ["openssl", "s_client", "-quiet", "-connect", `[::1]:${port}`];
}

/** A line that tells what another one said: `sender: text`. */
function assertHeard(line: string, text: string): void {
  const [sender] = RegExp(`^${SENDER}: `).exec(line) ?? [""];
  assertEquals([sender !== "", line.slice(sender.length)], [true, text]);
}
