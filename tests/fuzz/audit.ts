/**
 * Whether a log can be relied on: every line reads back, and every connection's adds up.
 *
 * @module
 */
import { parseLine } from "../support/logfmt.ts";

/** How much of a connection was echoed. */
export interface Tally {
  /** The client's port. */
  port: number;
  /** How many messages; null where only the server knows. */
  messages: number | null;
  /** How many bytes of payload they had. */
  bytes: number;
}

interface Count {
  messages: number;
  bytes: number;
}

/** Takes a log line by line, and from clients what they know. */
export class Audit {
  readonly #open = new Map<string, Count>();
  /** Connections that are over and unclaimed: by port and bytes, how many messages. */
  readonly #over = new Map<string, number[]>();
  readonly #expected: Tally[] = [];
  #messages = 0;
  #lines = 0;

  /** How many messages the log has told so far. */
  get messages(): number {
    return this.#messages;
  }

  /** How many lines it had so far. */
  get lines(): number {
    return this.#lines;
  }

  /** What the log has to say of a connection. */
  expect(tally: Tally): void {
    this.#expected.push(tally);
  }

  /** Takes the next line. Throws an Error when it cannot be read or does not fit to those before. */
  take(line: string): void {
    this.#lines++;
    const fields = parseLine(line);
    const get = (name: string) => {
      const value = fields[name];
      if (value === undefined) throw new Error(`no ${name} in the log line ${line.slice(0, 500)}`);
      return value;
    };
    get("level");
    const event = get("event");
    if (event === "message") {
      const count = this.#countOf(get("conn"));
      count.messages++;
      count.bytes += Number(get("bytes"));
      this.#messages++;
    } else if (event === "client-close") {
      const { messages, bytes } = this.#countOf(get("conn"));
      this.#open.delete(get("conn"));
      if (get("messages") !== `${messages}` || get("bytes") !== `${bytes}`) {
        throw new Error(
          `the log has ${messages} messages of ${bytes} bytes before its line ${line}`,
        );
      }
      const port = Number(/:(\d+)$/.exec(get("peer"))![1]);
      const key = keyOf({ port, bytes });
      this.#over.set(key, [...this.#over.get(key) ?? [], messages]);
    } else if (event === "connection-failed") {
      const port = Number(/:(\d+)$/.exec(get("peer"))![1]);
      const key = keyOf({ port, bytes: 0 });
      this.#over.set(key, [...this.#over.get(key) ?? [], 0]);
    } else if (event === "log-lost") {
      throw new Error(`the log is incomplete: ${line}`);
    }
  }

  /** Throws an Error when the log, which has ended, does not know what a client knows. */
  close(): void {
    if (this.#open.size > 0) {
      throw new Error(`the log does not close ${this.#open.size} connections`);
    }
    for (const tally of this.#expected) {
      const unclaimed = this.#over.get(keyOf(tally)) ?? [];
      const nth = unclaimed.findIndex((it) => tally.messages === null || it === tally.messages);
      if (nth < 0) throw new Error(`the log does not know ${JSON.stringify(tally)}`);
      unclaimed.splice(nth, 1);
    }
  }

  #countOf(conn: string): Count {
    const count = this.#open.get(conn) ?? { messages: 0, bytes: 0 };
    this.#open.set(conn, count);
    return count;
  }
}

function keyOf({ port, bytes }: { port: number; bytes: number }): string {
  return `${port} ${bytes}`;
}
