/**
 * The server that is checked: connections to it, and messages in its dialect.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import { concat } from "../std.ts";
import { encodeMsg } from "../wire/frames.ts";
import { Kind } from "../wire/kind.ts";
import { encodeFrame, Opcode } from "../wire/websocket_frames.ts";

/** How messages are told apart; a check needs no more of a dialect than what its bytes are. */
export const CHECK_DIALECTS = ["raw", "lines", "frames", "websocket"] as const;

/** One of them. */
export type CheckDialect = typeof CHECK_DIALECTS[number];

/** What a read gets at a time, in bytes. */
const READ_BYTES = 256 * 1024;

/** How long a server may take that greets, in milliseconds. */
const GREETING_MS = 1_000;

/** One connection. It reads all the time, unless it is told not to. */
export class Probe {
  readonly #conn: Conn;
  readonly #pieces: Uint8Array[] = [];
  #wake: () => void = () => {};
  #received = 0;
  /** How the server's side has ended; null while it has not. */
  ended: "closed" | "lost" | null = null;

  /** Uses `conn`, whose handshake is done. */
  constructor(conn: Conn, reads = true) {
    this.#conn = conn;
    if (reads) void this.#read();
  }

  /** How many bytes have come since the last `take`. */
  get received(): number {
    return this.#received;
  }

  /** Begins to read. */
  startReading(): void {
    void this.#read();
  }

  /** Sends bytes; a server that has closed shows in what comes back. */
  async send(bytes: Uint8Array): Promise<void> {
    await this.#conn.write(bytes).catch(() => {});
  }

  /** How many bytes the system has taken so far. */
  get written(): number {
    return this.#conn.written;
  }

  /** Ends this side. */
  async end(): Promise<void> {
    await this.#conn.closeWrite().catch(() => {});
  }

  /** Waits until `count` bytes have come, or the end, or so many milliseconds have passed. */
  async wait(count: number, within: number): Promise<void> {
    const deadline = performance.now() + within;
    while (this.#received < count && this.ended === null) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits for the end of the server's side; whether it came within so many milliseconds. */
  async waitForEnd(within: number): Promise<boolean> {
    await this.wait(Infinity, within);
    return this.ended !== null;
  }

  /** All that has come. */
  take(): Uint8Array {
    const bytes = concat(this.#pieces.splice(0));
    this.#received = 0;
    return bytes;
  }

  /** Leaves. */
  close(): void {
    this.#conn.close();
  }

  /** Resets the connection; returns whether that could be done here. */
  reset(): boolean {
    return this.#conn.reset?.() ?? false;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        this.#pieces.push(buffer.slice(0, count));
        this.#received += count;
        this.#wake();
      }
      this.ended = "closed";
    } catch {
      this.ended = "lost";
    }
    this.#wake();
  }
}

/** The bytes of a message. */
export interface Message {
  /** What is sent. */
  sent: Uint8Array;
  /** What has to come back. */
  wanted: Uint8Array;
}

/** What a case can do. */
export class Server {
  readonly #dial: () => Promise<Conn>;
  readonly #open = new Set<Probe>();
  /** What the server sends to each client before anything else, as the case `silence` has seen. */
  greeting: Uint8Array = new Uint8Array();
  /** How messages are told apart. */
  readonly dialect: CheckDialect;

  /** `dial` connects, and completes the handshake. */
  constructor(dial: () => Promise<Conn>, dialect: CheckDialect) {
    this.#dial = dial;
    this.dialect = dialect;
  }

  /** Connects. Throws a `Failure`. */
  async connect(reads = true): Promise<Probe> {
    const probe = new Probe(await this.#dial(), reads);
    this.#open.add(probe);
    if (reads && this.greeting.length > 0) {
      await probe.wait(this.greeting.length, GREETING_MS);
      probe.take();
    }
    return probe;
  }

  /** A message with this payload; of lines, without what would be another line. */
  message(payload: Uint8Array): Message {
    if (this.dialect === "frames") {
      const frame = encodeMsg(Kind.bytes, payload);
      return { sent: frame, wanted: frame };
    }
    if (this.dialect === "websocket") {
      const mask = crypto.getRandomValues(new Uint8Array(4)); // RFC 6455, 5.3
      return {
        sent: encodeFrame(Opcode.binary, payload, mask),
        wanted: encodeFrame(Opcode.binary, payload),
      };
    }
    const isLine = this.dialect === "raw" || payload.at(-1) === 0x0a;
    const line = isLine ? payload : concat([payload, new Uint8Array([0x0a])]);
    return { sent: line, wanted: line };
  }

  /** Closes all connections of a case. */
  closeAll(): void {
    for (const probe of this.#open) probe.close();
    this.#open.clear();
  }
}
