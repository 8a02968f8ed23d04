/**
 * One connection to an echo server, seen from the client: send, receive, end.
 *
 * @module
 */
import { Failure, type FailureKind, reasonOf } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import { equals } from "../std.ts";
import { commandOf } from "../wire/commands.ts";
import { WireError } from "../wire/errors.ts";
import type { DialectName } from "../wire/dialect.ts";
import { Kind, MAX_MESSAGE_BYTES, type Message } from "../wire/frames.ts";
import { WriteQueue } from "../wire/write_queue.ts";
import { decodeBroadcast, decodeCount, decodeError } from "../wire/payloads.ts";
import { type BufferSize, ByteReader } from "../wire/reader.ts";
import type { Emit } from "./events.ts";
import { ResponseTimeout } from "./response_timeout.ts";
import { CLIENT_FRAMINGS, type ClientFraming } from "./framing.ts";

const utf8 = new TextDecoder();

const LF = 0x0a;

/** The client's limits. */
export interface ClientOptions {
  /** The server as people know it, for the text of failures: `localhost port 12345`. */
  server: string;
  /** `--timeout`: how long the server may take for the next answer it owes, in milliseconds. */
  timeout: number;
  /** `--dialect`: how messages are told apart. */
  dialect: DialectName;
  /** `--buffer`: how large the read buffer is. */
  buffer: BufferSize;
}

/** A conversation with a server. */
export class Client {
  readonly #conn: Conn;
  readonly #responseTimeout: ResponseTimeout;
  readonly #options: ClientOptions;
  readonly #emit: Emit;
  readonly #framing: ClientFraming;
  readonly #outbox: WriteQueue;
  readonly #reader: ByteReader;
  /** The messages that have not come back yet, oldest first. */
  readonly #inFlight: Uint8Array[] = [];
  #ending = false;
  #messages = 0;
  #bytes = 0;
  #expectsHistory = false;
  #inHistory = false;
  /** How much came since the last echo that nobody had asked for. */
  #unsolicited = 0;

  /**
   * Settles when the connection is over. Rejects with a `Failure`: `lost` when it is over too early
   * or the server does not answer, `mismatch` when what comes back is not what was sent.
   */
  readonly finished: Promise<void>;

  /** Talks over `conn`, whose handshake is done, and closes it in the end. */
  constructor(conn: Conn, options: ClientOptions, emit: Emit) {
    this.#conn = conn;
    this.#options = options;
    this.#emit = emit;
    this.#framing = CLIENT_FRAMINGS[options.dialect];
    this.#responseTimeout = new ResponseTimeout(conn, options.timeout);
    this.#outbox = new WriteQueue(this.#responseTimeout);
    this.#reader = new ByteReader(this.#responseTimeout, options.buffer);
    this.finished = this.#run();
    this.finished.catch(() => {}); // whoever cares awaits it; until then it is not unhandled
  }

  /** Whether the end is on its way: nothing more can be sent. */
  get isEnding(): boolean {
    return this.#ending;
  }

  /**
   * Sends a text message; its echo is told as an event. A command ends the conversation: it returns
   * true, and nothing can be sent after it. Rejects like `finished` when the connection is gone.
   */
  async send(payload: Uint8Array): Promise<boolean> {
    if (payload.length > MAX_MESSAGE_BYTES) {
      const why = `it has ${payload.length} bytes, and the limit is ${MAX_MESSAGE_BYTES}`;
      throw new Failure("usage", {
        what: "cannot send the message",
        why,
        hint: "send it in parts",
      });
    }
    if (!this.#framing.multiline && payload.includes(LF)) {
      const why = "it has more than one line, and each would be a message";
      const hint = "send its lines one by one";
      throw new Failure("usage", { what: "cannot send the message", why, hint });
    }
    if (this.#outbox.closed) {
      await this.finished;
      return true;
    }
    const command = this.#framing.commands ? commandOf(Kind.text, payload) : null;
    if (command === null) this.#inFlight.push(payload.slice());
    else this.#ending = true;
    this.#expectsHistory = command === "quit";
    const sent = this.#orFinish(this.#framing.send(this.#outbox, payload));
    this.#updateTimeout();
    const time = Date.now();
    const told = this.#emit(
      command === "quit" ? { type: "quitting", time } : { type: "sending", time, payload },
    );
    await Promise.all([sent, told]);
    return command !== null;
  }

  /** Ends our side; settles like `finished`, when all echoes are back. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#updateTimeout();
    await this.#orFinish(this.#outbox.close());
    await this.finished;
  }

  /** Where writing fails, what was read last says why. */
  async #orFinish(write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch {
      await this.finished;
    }
  }

  async #run(): Promise<void> {
    try {
      await this.#receiveAll();
      await this.#emit({
        type: "closed",
        time: Date.now(),
        messages: this.#messages,
        bytes: this.#bytes,
      });
    } catch (error) {
      const failure = this.#failureOf(error);
      await this.#emit({ type: "failed", time: Date.now(), problem: failure.message });
      throw failure;
    } finally {
      this.#responseTimeout.expectResponse(false);
      this.#conn.close();
    }
  }

  async #receiveAll(): Promise<void> {
    for (;;) {
      const message = await this.#receive();
      if (message === null) break;
      await this.#take(message);
      this.#updateTimeout();
    }
    if (!this.#ending) throw this.#failure("lost", "the server closed it");
    if (this.#inFlight.length > 0) throw this.#failure("lost", "the server closed it too early");
    if (this.#expectsHistory && this.#options.dialect === "lines") {
      await this.#beginHistory(this.#messages);
    }
    if (this.#expectsHistory) {
      throw this.#failure("lost", "the server closed it without the history");
    }
    await this.#outbox.close();
  }

  async #take({ kind, payload }: Message): Promise<void> {
    const time = Date.now();
    switch (kind) {
      case Kind.bytes:
      case Kind.text: {
        const sent = this.#inFlight.shift();
        if (sent === undefined || !equals(sent, payload)) throw this.#mismatch(sent, payload);
        this.#unsolicited = 0;
        this.#messages++;
        this.#bytes += payload.length;
        return await this.#emit({ type: "echoed", time, payload });
      }
      case Kind.broadcast: {
        const { sender, message } = decodeBroadcast(payload);
        const event = { sender: utf8.decode(sender), payload: message };
        return await this.#emit({ type: "broadcast", time, ...event });
      }
      case Kind.history:
        return await this.#takeHistory(decodeCount(payload));
      case Kind.notice:
        if (await this.#isOfHistory(payload)) return;
        this.#unsolicited++;
        return await this.#emit({ type: "notice", time, text: utf8.decode(payload) });
      case Kind.error: {
        const reason = utf8.decode(decodeError(payload).reason);
        throw this.#failure("lost", `the server ended it: ${reason}`);
      }
    }
  }

  #receive(): Promise<Message | null> {
    return this.#framing.receive(this.#reader, () => this.#inFlight[0]);
  }

  /** In lines a history is what comes when all echoes have: it has no mark, and no count. */
  async #isOfHistory(payload: Uint8Array): Promise<boolean> {
    if (this.#options.dialect !== "lines" || this.#inFlight.length > 0) return false;
    if (this.#expectsHistory) await this.#beginHistory(this.#messages);
    if (!this.#inHistory) return false;
    await this.#emit({ type: "history-message", time: Date.now(), payload });
    return true;
  }

  async #beginHistory(count: number): Promise<void> {
    this.#expectsHistory = false;
    this.#inHistory = true;
    await this.#emit({ type: "history", time: Date.now(), count });
  }

  async #takeHistory(count: number): Promise<void> {
    await this.#beginHistory(count);
    for (let i = 0; i < count; i++) {
      const message = await this.#receive();
      if (message === null) {
        throw this.#failure("lost", `the server closed it after ${i} of ${count} messages`);
      }
      const { payload } = message;
      await this.#emit({ type: "history-message", time: Date.now(), payload });
    }
  }

  /** While the server owes us something, it must not be silent for longer than the timeout. */
  #updateTimeout(): void {
    this.#responseTimeout.expectResponse(this.#inFlight.length > 0 || this.#ending);
  }

  #failureOf(error: unknown): Failure {
    const [due] = this.#inFlight;
    if (due !== undefined && this.#unsolicited > 0 && this.#options.dialect === "lines") {
      return this.#otherLines(due);
    }
    if (error instanceof Failure) return error;
    if (this.#responseTimeout.expired) {
      const seconds = this.#options.timeout / 1000;
      return this.#failure("lost", `no answer for ${seconds} s`, error);
    }
    if (error instanceof WireError) return this.#failure("lost", error.message, error);
    if (error instanceof Deno.errors.UnexpectedEof) {
      return this.#failure("lost", "the server left without saying goodbye", error);
    }
    return this.#failure("lost", reasonOf(error), error);
  }

  #failure(kind: FailureKind, why: string, cause?: unknown): Failure {
    const what = `lost the connection to ${this.#options.server}`;
    const owed = this.#inFlight.length;
    const missing = owed === 0 ? "" : `, ${owed} ${owed === 1 ? "message" : "messages"} not echoed`;
    return new Failure(kind, { what, why: why + missing, cause });
  }

  #otherLines(due: Uint8Array): Failure {
    const what = `cannot rely on ${this.#options.server}`;
    const others = `${this.#unsolicited} other ${this.#unsolicited === 1 ? "line" : "lines"}`;
    const why = `message ${
      this.#messages + 1
    } of ${due.length} bytes did not come back, ${others} did`;
    return new Failure("mismatch", { what, why });
  }

  #mismatch(sent: Uint8Array | undefined, came: Uint8Array): Failure {
    const what = `cannot rely on ${this.#options.server}`;
    const number = this.#messages + 1;
    const why = sent === undefined
      ? `it echoed a message of ${came.length} bytes that was not sent`
      : `echo ${number} has ${came.length} bytes and is not message ${number} of ${sent.length} bytes`;
    return new Failure("mismatch", { what, why });
  }
}
