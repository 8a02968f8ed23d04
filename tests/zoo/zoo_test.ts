/**
 * The zoo: servers and clients as other people write them, the right ones and one for each classic
 * mistake. A new one is a file of at most 30 lines, and a row here.
 */
import { concat } from "../../lib/std.ts";
import { assertEquals } from "../support/assert.ts";
import { reset } from "../support/bad_peer.ts";
import { Program, startServer } from "../support/echo.ts";
import { identityFiles } from "../support/identity.ts";
import { utf8 } from "../support/sources.ts";
import { hasTool, runTool } from "../support/tools.ts";
import { type Beast, interpreterOf, startBeast } from "../support/zoo.ts";

const HOME = new URL(".", import.meta.url).pathname;

const RIGHT = ["right_threads.py", "right_asyncio.py", "right_lines.py", "right_node.mjs"];

/** What the client says of each wrong server, after its name. */
const WRONG: Record<string, [code: number, verdict: RegExp]> = {
  "whole_buffer.py": [
    5,
    /"orld\\n.*: it sends a part of an older message again: it sends its whole buffer/,
  ],
  "nul_padding.py": [5, /: it pads with NUL bytes: it sends its whole buffer, not only what came$/],
  "twice.py": [5, /"Hello, world\\n.*: it sends a message back twice$/],
  "upper_case.py": [5, /: "HELLO, WORLD\\n.*", not "Hello, .*": it changes letters to upper case$/],
  "prefix.py": [5, /: it puts "Echo: " before the message; if it is a greeting, .* --broadcast$/],
  "suffix.py": [5, /: it puts " \(received\)" after the message; /],
  "first_read_only.py": [
    5,
    /: only the first 1024 of 3001 bytes .*: it reads only once, or only as/,
  ],
  "no_close.py": [
    3,
    /: all 2 messages came back, but 2 s after the end .* had not closed; a server must/,
  ],
  "greets_first.py": [5, /"Welcome to my server\\nHello, .* if it is a greeting, .* --broadcast$/],
  "no_line_end.py": [5, /: it leaves out the line end$/],
  "loses_bytes.py": [5, /: it decodes the bytes as text, and loses those that are no UTF-8$/],
  "one_client.py": [
    3,
    /: no answer for 2 s, 1 message not .*; the server may be busy with another/,
  ],
  "dies_on_reset.py": [3, /: connection refused; check that a server listens there/],
  "json_node.mjs": [5, /: it puts other text around the message; /],
};

/** What a person types: the second line when the first has been answered. */
const TYPED = [utf8("Hello, world\n"), utf8("Grüße\n")];

const NO_TEXT = new Uint8Array([0xff, 0xfe, 0x0a]);
const LONG = utf8(`${"x".repeat(3000)}\n`);

/** What shows a mistake that typing does not show. */
const INPUT: Record<string, Uint8Array[]> = {
  "first_read_only.py": [LONG],
  "loses_bytes.py": [NO_TEXT],
};

/** Our client on a server of the zoo: its exit code and what it says. */
async function judge(
  file: string,
  input = INPUT[file] ?? TYPED,
  ...options: string[]
): Promise<[number, string]> {
  await using beast = await startBeast(file);
  using _before = await precede(file, beast);
  const args = ["client", "::1", `${beast.port}`, "--plain", "--timeout", "2s", ...options];
  await using client = new Program(args);
  for (const bytes of input) {
    await client.type(bytes).catch(() => {}); // it has ended
    await client.out.find(/^server echoed: /).catch(() => {}); // it has ended, or will
  }
  await client.endInput();
  return [await client.code, await client.err.text];
}

/** Some mistakes only show when another client was there before. */
async function precede(file: string, { port, status }: Beast): Promise<Disposable> {
  if (file !== "one_client.py" && file !== "dies_on_reset.py") return { [Symbol.dispose]() {} };
  const conn = await Deno.connect({ hostname: "::1", port });
  await conn.write(utf8("first"));
  await conn.read(new Uint8Array(5));
  if (file === "dies_on_reset.py") {
    reset(conn);
    await status;
  }
  return conn;
}

const hasAll = hasTool("python3") && hasTool("node");

Deno.test({
  name: "zoo: every right server passes (needs python3, node)",
  ignore: !hasAll,
  async fn() {
    const verdicts = await Promise.all(
      RIGHT.map((file) => judge(file, [concat([...TYPED, NO_TEXT, LONG])])),
    );
    assertEquals(verdicts, RIGHT.map(() => [0, ""]));
  },
});

Deno.test({
  name: "zoo: every wrong server is told from a right one, and why (needs python3, node)",
  ignore: !hasAll,
  async fn() {
    const files = Object.keys(WRONG);
    const verdicts = await Promise.all(files.map((file) => judge(file)));
    for (const [i, file] of files.entries()) {
      const [code, verdict] = WRONG[file]!;
      const [actual, text] = verdicts[i]!;
      assertEquals([file, actual, verdict.test(text) || text], [file, code, true]);
    }
  },
});

Deno.test({
  name: "zoo: with --broadcast a greeting is no mistake (needs python3)",
  ignore: !hasAll,
  async fn() {
    assertEquals(await judge("greets_first.py", TYPED, "--broadcast"), [0, ""]);
  },
});

Deno.test({
  name: "zoo: foreign clients are served (needs python3, node)",
  ignore: !hasAll,
  async fn() {
    await using server = await startServer("--plain");
    for (const file of ["right_python.py", "right_node.mjs"]) {
      const { code, out } = await runTool([interpreterOf(file), beastAt(file), `${server.port}`]);
      assertEquals([file, code, out], [file, 0, "all came back\n"]);
    }
    await using identity = await identityFiles();
    await using secure = await startServer(...identity.options);
    const args = [beastAt("right_tls.py"), `${secure.port}`, identity.ca];
    assertEquals((await runTool(["python3", ...args])).out, "all came back\n");
  },
});

Deno.test({
  name: "zoo: clients of 004 are greeted, and see the bare bytes of others (needs python3)",
  ignore: !hasAll,
  async fn() {
    await using server = await startServer({
      args: ["::1", "0", "--plain", "-b", "--style", "plus"],
      ready: /^\[\+\] Binding socket to port: (\d+)$/,
    });
    const command = ["python3", beastAt("greeted.py"), "::1", `${server.port}`];
    const one = new Greeted(command);
    await one.find("Welcome to my server");
    const other = new Greeted(command);
    await other.find("Welcome to my server");
    await other.say("hello from another");
    await other.find("hello from another");
    await one.find("hello from another");
    await one.say("and back");
    await other.find("and back");
    const welcome = "\n\nWelcome to my server\n\n\n\n";
    assertEquals(await one.end(), `${welcome}hello from anotherand back`);
    assertEquals(await other.end(), `${welcome}hello from anotherand back`);
  },
});

function beastAt(file: string): string {
  return `${HOME}clients/${file}`;
}

/** A running client of 004. */
class Greeted {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #shown = "";

  constructor([program, ...args]: string[]) {
    const how = { args, stdin: "piped", stdout: "piped" } as const;
    this.#child = new Deno.Command(program!, how).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  say(text: string): Promise<void> {
    return this.#input.write(utf8(`${text}\n`));
  }

  async find(text: string): Promise<void> {
    while (!this.#shown.includes(text)) await this.#read();
  }

  /** Ends its input; returns all that it has shown. */
  async end(): Promise<string> {
    await this.#input.close();
    while (await this.#read());
    assertEquals((await this.#child.status).code, 0);
    return this.#shown;
  }

  async #read(): Promise<boolean> {
    const { done, value = "" } = await this.#output.read();
    this.#shown += value;
    return !done;
  }
}
