/**
 * One connection to an echo server, seen from the client: send, receive, end.
 *
 * @module
 */
import type { Failure } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import { equals } from "../std.ts";
import type { ClientCodec, Reply } from "../wire/codec.ts";
import { commandOf } from "../wire/commands.ts";
import { type DialectName, DIALECTS } from "../wire/dialect.ts";
import { Kind } from "../wire/kind.ts";
import { MAX_MESSAGE_BYTES, recvMsg, sendMsg } from "../wire/message.ts";
import { type BufferSize, ByteReader } from "../wire/reader.ts";
import { WriteQueue } from "../wire/write_queue.ts";
import type { Emit } from "./events.ts";
import { ClientFailures, unsendable } from "./failures.ts";
import { ResponseTimeout } from "./response_timeout.ts";

const utf8 = new TextDecoder();

const LF = 0x0a;

/** The longest payload of a server, in bytes: a broadcast has its sender besides the message. */
const MAX_REPLY_BYTES = MAX_MESSAGE_BYTES + 256;

/** The client's limits. */
export interface ClientOptions {
  /** The server as people know it, for the text of failures: `localhost port 12345`. */
  server: string;
  /** `--timeout`: how long the server may take for the next response, in milliseconds. */
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
  readonly #emit: Emit;
  readonly #codec: ClientCodec;
  readonly #queue: WriteQueue;
  readonly #reader: ByteReader;
  readonly #failures: ClientFailures;
  /** The messages that have not come back yet, oldest first. */
  readonly #inFlight: Uint8Array[] = [];
  #ending = false;
  #expectsHistory = false;
  #messages = 0;
  #bytes = 0;
  /** How many notices came since the last echo. */
  #unsolicited = 0;

  /**
   * Settles when the connection is over. Rejects with a `Failure`: `lost` when it is over too early
   * or the server does not answer, `mismatch` when what comes back is not what was sent.
   */
  readonly finished: Promise<void>;

  /** Uses `conn`, whose handshake is done, and closes it in the end. */
  constructor(conn: Conn, options: ClientOptions, emit: Emit) {
    this.#conn = conn;
    this.#emit = emit;
    this.#failures = new ClientFailures(options.server, options.timeout);
    this.#responseTimeout = new ResponseTimeout(conn, options.timeout);
    this.#queue = new WriteQueue(this.#responseTimeout);
    this.#reader = new ByteReader(this.#responseTimeout, options.buffer);
    this.#codec = DIALECTS[options.dialect].openClient({
      reader: this.#reader,
      maxMessage: MAX_REPLY_BYTES,
      expected: {
        echo: () => this.#inFlight[0],
        history: () => this.#expectsHistory ? this.#messages : null,
      },
    });
    this.finished = this.#run();
    this.finished.catch(() => {}); // until it is awaited, a rejection is not unhandled
  }

  /** Whether the end is on its way: nothing more can be sent. */
  get isEnding(): boolean {
    return this.#ending;
  }

  /**
   * Sends a text message; an event tells of its echo. A command ends the conversation: it returns
   * true, and nothing can be sent after it. Rejects like `finished` when the connection is gone, and
   * with a `Failure` of kind `usage` when the dialect or the limit does not allow the message.
   */
  async send(payload: Uint8Array): Promise<boolean> {
    if (payload.length > MAX_MESSAGE_BYTES) {
      const why = `it has ${payload.length} bytes, and the limit is ${MAX_MESSAGE_BYTES}`;
      throw unsendable(why, "send it in parts");
    }
    if (!this.#codec.multiline && payload.includes(LF)) {
      const why = "it has more than one line, and each would be a message";
      throw unsendable(why, "send its lines one by one");
    }
    if (this.#queue.closed) {
      await this.finished;
      return true;
    }
    const command = this.#codec.hasCommands ? commandOf(Kind.text, payload) : null;
    if (command === null) this.#inFlight.push(payload.slice());
    else this.#ending = true;
    this.#expectsHistory = command === "quit";
    const sent = this.#orFinish(sendMsg(this.#queue, this.#codec, Kind.text, payload));
    this.#updateTimeout();
    const time = Date.now();
    const emitted = this.#emit(
      command === "quit" ? { type: "quitting", time } : { type: "sending", time, payload },
    );
    await Promise.all([sent, emitted]);
    return command !== null;
  }

  /** Ends the client's side; settles like `finished`, when all echoes are back. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#updateTimeout();
    await this.#orFinish(this.#queue.close());
    await this.finished;
  }

  /** Where writing fails, the reading side knows the reason. */
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
      const counts = { messages: this.#messages, bytes: this.#bytes };
      await this.#emit({ type: "closed", time: Date.now(), ...counts });
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
      const reply = await recvMsg(this.#reader, this.#codec);
      if (reply === null) break;
      await this.#onReply(reply);
      this.#updateTimeout();
    }
    const problem = !this.#ending
      ? "the server closed it"
      : this.#inFlight.length > 0
      ? "the server closed it too early"
      : this.#expectsHistory
      ? "the server closed it without the history"
      : null;
    if (problem !== null) throw this.#failures.lost(problem, this.#inFlight.length);
    await this.#queue.close();
  }

  async #onReply(reply: Reply): Promise<void> {
    const time = Date.now();
    switch (reply.type) {
      case "echo":
        return await this.#onEcho(reply.payload);
      case "broadcast": {
        const { type, payload } = reply;
        return await this.#emit({ type, time, sender: utf8.decode(reply.sender), payload });
      }
      case "history":
        this.#expectsHistory = false;
        return await this.#emit({ ...reply, time });
      case "history-message":
        return await this.#emit({ ...reply, time });
      case "notice":
        this.#unsolicited++;
        return await this.#emit({ type: "notice", time, text: utf8.decode(reply.text) });
      case "error": {
        const why = `the server ended it: ${utf8.decode(reply.reason)}`;
        throw this.#failures.lost(why, this.#inFlight.length);
      }
    }
  }

  async #onEcho(payload: Uint8Array): Promise<void> {
    const sent = this.#inFlight.shift();
    const number = this.#messages + 1;
    if (sent === undefined) throw this.#failures.unknownEcho(payload);
    if (!equals(sent, payload)) throw this.#failures.differentEcho(number, sent, payload);
    this.#unsolicited = 0;
    this.#messages = number;
    this.#bytes += payload.length;
    await this.#emit({ type: "echoed", time: Date.now(), payload });
  }

  /** While a response is due, the server must not be silent for longer than the timeout. */
  #updateTimeout(): void {
    this.#responseTimeout.expectResponse(this.#inFlight.length > 0 || this.#ending);
  }

  #failureOf(error: unknown): Failure {
    const [due] = this.#inFlight;
    if (due !== undefined && this.#unsolicited > 0 && this.#codec.matchesByContent) {
      return this.#failures.missingEcho(this.#messages + 1, due, this.#unsolicited);
    }
    return this.#failures.of(error, this.#responseTimeout.expired, this.#inFlight.length);
  }
}
