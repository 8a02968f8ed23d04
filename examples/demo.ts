/**
 * The main job: a server and a client, two real processes, talk over TLS. Each line is shown as it
 * appears, with the name of its process. The exit code is 0 when all went well.
 *
 * @module
 */
import { TextLineStream } from "@std/streams/text-line-stream";
import deno from "../deno.json" with { type: "json" };

const MESSAGES = ["Hello, world", "Grüße, 世界 👋", "this is my last message", "quit"];

/** Starts one of deno.json's tasks, so that it has just the permissions that it has by hand. */
function start(task: "server" | "client", ...args: string[]): Deno.ChildProcess {
  console.log(`$ deno task ${task} ${args.join(" ")}`);
  const [, ...words] = deno.tasks[task].command.split(" "); // without "deno"
  const options = { stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
  return new Deno.Command(Deno.execPath(), { args: [...words, ...args], ...options }).spawn();
}

/** Shows each line of `child` and passes it on; settles at the end. */
async function show(
  name: string,
  child: Deno.ChildProcess,
  onLine = (_line: string) => {},
): Promise<void> {
  const lines: TransformStream<string, string> = new TextLineStream();
  const text = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const line of text.pipeThrough(lines)) {
    console.log(`  ${name} | ${line}`);
    onLine(line);
  }
}

/** Types lines into `child`, each when `turn` says so, and ends its input after the last one. */
async function type(child: Deno.ChildProcess, lines: string[], turn: Turn): Promise<void> {
  const writer = child.stdin.getWriter();
  for (const line of lines) {
    await turn.next();
    await writer.write(new TextEncoder().encode(line + "\n"));
  }
  await writer.close();
}

/** Waits for what has to come first. */
class Turn {
  #come = Promise.withResolvers<void>();

  /** It has come. */
  readonly give = () => this.#come.resolve();

  /** Settles when it has come, and waits for the next. */
  async next(): Promise<void> {
    await this.#come.promise;
    this.#come = Promise.withResolvers();
  }
}

const server = start("server", "::1", "0", "--no-log");
const port = Promise.withResolvers<string>();
const serverScreen = show("server", server, (line) => {
  const found = /^server is using port: (\d+)$/.exec(line);
  if (found !== null) port.resolve(found[1]!);
});
server.status.then(() => port.reject(new Error("the server did not start")));

const client = start("client", "::1", await port.promise);
const turn = new Turn();
const clientScreen = show("client", client, (line) => {
  if (/^client had connected|^server echoed/.test(line)) turn.give();
});
await Promise.all([clientScreen, type(client, MESSAGES, turn)]);
const clientEnd = await client.status;

turn.give();
console.log("$ exit");
await Promise.all([serverScreen, type(server, ["exit"], turn)]);
const serverEnd = await server.status;

console.log(`client ended with ${clientEnd.code}, server ended with ${serverEnd.code}`);
Deno.exit(clientEnd.code || serverEnd.code);
