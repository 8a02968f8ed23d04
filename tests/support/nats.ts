/**
 * A real nats-server, and one end of a room at it that counts what it hears.
 *
 * @module
 */
import { NatsLink, type NatsOptions } from "../../lib/net/nats.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { Relay } from "../../lib/server/relay.ts";
import type { Broadcast } from "../../lib/wire/codec.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { decodeBroadcast, encodeBroadcast } from "../../lib/wire/payloads.ts";
import { Recorder } from "./recorder.ts";
import { sinkTo } from "./sink.ts";
import { utf8 } from "./sources.ts";
import { hasTool } from "./tools.ts";

/** Whether there is one; without it the tests of rooms are skipped. */
export const hasNats: boolean = hasTool("nats-server");

/** A test with a real nats-server. */
export function natsTest(name: string, fn: () => Promise<void>): void {
  const suffix = hasNats ? "" : " (skipped: nats-server is missing)";
  Deno.test({ name: `room: ${name}${suffix}`, ignore: !hasNats, fn });
}

/** A running nats-server. */
export class Nats implements AsyncDisposable {
  readonly #directory: string;
  readonly #config: string;
  #child: Deno.ChildProcess;
  /** Its port on 127.0.0.1. */
  readonly port: number;

  private constructor(directory: string, config: string, child: Deno.ChildProcess, port: number) {
    this.#directory = directory;
    this.#config = config;
    this.#child = child;
    this.port = port;
  }

  /** Starts one with this configuration, on a free port, and waits until it listens. */
  static async start(config = "", port = -1): Promise<Nats> {
    const directory = await Deno.makeTempDir({ prefix: "echo-nats-" });
    const child = spawn(directory, config, port);
    return new Nats(directory, config, child, await portIn(directory, child.pid));
  }

  /** The port for other servers of its cluster. */
  async clusterPort(): Promise<number> {
    const file = `${this.#directory}/nats-server_${this.#child.pid}.ports`;
    const { cluster } = JSON.parse(await Deno.readTextFile(file));
    return Number(new URL(cluster[0]).port);
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Starts it again on the same port. */
  async restart(): Promise<void> {
    this.#child = spawn(this.#directory, this.#config, this.port);
    await portIn(this.#directory, this.#child.pid);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // ended before
    }
    await this.#child.status;
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function spawn(directory: string, config: string, port: number): Deno.ChildProcess {
  const file = `${directory}/nats.conf`;
  Deno.writeTextFileSync(file, config);
  const args = ["-c", file, "-a", "127.0.0.1", "-p", `${port}`, "--ports_file_dir", directory];
  const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
  return new Deno.Command("nats-server", { args, ...stdio }).spawn();
}

/** The port that a server has written to its file. */
async function portIn(directory: string, pid: number): Promise<number> {
  for (;;) {
    try {
      const { nats } = JSON.parse(await Deno.readTextFile(`${directory}/nats-server_${pid}.ports`));
      return Number(new URL(nats[0]).port);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5)); // the file is not there yet
    }
  }
}

/** Waits until something holds; fails after 20 s with what there is instead. */
export async function until(holds: () => boolean, instead: () => string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(instead());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** One server's end of a room, with a member that counts. */
export class Node implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly relay: Relay;
  readonly recorder = new Recorder<ServerEvent>();
  /** The texts that it heard, in their order. */
  readonly heard: string[] = [];
  /** How many it was told that it missed. */
  missed = 0;
  readonly notices: string[] = [];
  said = 0;

  /** At the broker on `port`, or at the first of `others` that is there. */
  constructor(
    options: Partial<NatsOptions> & { port: number; room?: string },
    name = "a",
    others: number[] = [],
  ) {
    const nats = { hostname: "127.0.0.1", authorities: null, secret: null, name, ...options };
    const ports = [options.port, ...others];
    let next = 0;
    this.relay = new Relay({
      dial: (signal) => {
        const port = ports[next++ % ports.length]!;
        return NatsLink.connect({ ...nats, port }, signal);
      },
      room: options.room ?? "test",
      host: name,
      describe: () => Promise.resolve({ version: "1.2.3" }),
      sink: sinkTo((event) => this.recorder.emit(event)),
      maxMessage: 16 * 1024 * 1024,
      budget: new MemoryBudget(64 * 1024 * 1024),
    });
    this.relay.subscribe({
      deliver: ({ payload }: Broadcast) => {
        this.heard.push(new TextDecoder().decode(decodeBroadcast(payload).message));
      },
      miss: () => {},
      missRemote: (count) => this.missed += count,
      notice: (text) => this.notices.push(text),
    });
    this.#running = this.relay.run(this.#stop.signal);
  }

  /** Waits until it is linked. */
  async linked(): Promise<this> {
    await this.recorder.wait("room-linked");
    return this;
  }

  /** A client of this server says something. */
  say(text: string): void {
    this.said++;
    const payload = encodeBroadcast(utf8("[::1]:50512"), utf8(text));
    this.relay.publish({ kind: Kind.text, payload });
  }

  /** Waits until all that `other` has said is heard, or told to be missed. */
  async hasAllOf(other: Node): Promise<void> {
    await until(
      () => this.heard.length + this.missed >= other.said,
      () => `${this.heard.length} heard and ${this.missed} missed of ${other.said}`,
    );
  }

  /** Leaves the room. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Two servers that share a room and have heard of each other. */
export async function pair(
  options: Partial<NatsOptions> & { port: number; room?: string },
): Promise<[Node, Node]> {
  const nodes: [Node, Node] = [new Node(options, "a"), new Node(options, "b")];
  for (const node of nodes) await node.linked();
  for (const [one, other] of [nodes, nodes.toReversed()] as [Node, Node][]) {
    one.say("hello");
    await other.hasAllOf(one);
  }
  return nodes;
}
