/**
 * One connection to an echo server, seen from the client: send, receive, end.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import { concat } from "../std.ts";
import type { ClientCodec, Reply } from "../wire/codec.ts";
import { commandOf } from "../wire/commands.ts";
import { type DialectName, DIALECTS } from "../wire/dialect.ts";
import { Kind } from "../wire/kind.ts";
import { MAX_MESSAGE_BYTES, recvMsg, sendMsg } from "../wire/message.ts";
import { type BufferSize, ByteReader } from "../wire/reader.ts";
import { WriteQueue } from "../wire/write_queue.ts";
import type { Emit } from "./events.ts";
import { ClientFailures, isTlsAlert, unsendable } from "./failures.ts";
import { ResponseTimeout } from "./response_timeout.ts";

const utf8 = new TextDecoder();

const LF = 0x0a;

/** The longest payload of a server, in bytes: a broadcast has its sender besides the message. */
const MAX_REPLY_BYTES = MAX_MESSAGE_BYTES + 256;

/** How long to wait for more bytes after wrong ones, in milliseconds. */
const WRONG_ECHO_WAIT_MS = 200;

/** How many bytes after wrong ones are enough to see the mistake. */
const MAX_WRONG_BYTES = 64 * 1024;

/** How many echoes are kept to recognize their bytes in what comes later. */
const EARLIER_ECHOES = 8;

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
  /** `--broadcast`: whether other clients, and the server itself, may speak too. */
  othersMaySpeak?: boolean;
  /** Whether a person judges the answers: where a dialect has no kinds, everything is only shown. */
  isInteractive?: boolean;
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
  /** Whether an answer in other words is no mistake. */
  readonly #isLenient: boolean;
  /** Whether others may speak, or a person judges. */
  readonly #acceptsMore: boolean;
  /** The messages that have not come back yet, oldest first. */
  readonly #inFlight: Uint8Array[] = [];
  /** Whether a server of TLS has answered a client without it. */
  #isTlsAlert = false;
  #ending = false;
  #expectsHistory = false;
  #messages = 0;
  #bytes = 0;
  /** How many notices and messages of others came since the last echo. */
  #unsolicited = 0;
  /** The last echoes, newest first. */
  #earlier: Uint8Array[] = [];

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
    const { othersMaySpeak = false, isInteractive = false } = options;
    const acceptsMore = this.#acceptsMore = othersMaySpeak || isInteractive;
    const codec = this.#codec = DIALECTS[options.dialect].openClient({
      reader: this.#reader,
      maxMessage: MAX_REPLY_BYTES,
      expected: {
        echo: () => this.#inFlight[0],
        history: () => this.#expectsHistory ? this.#messages : null,
        isFirst: () => this.#messages === 0,
        othersMaySpeak: acceptsMore,
      },
    });
    this.#isLenient = isInteractive && codec.matchesByContent;
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
    if (this.#isAnswered()) this.#inFlight.length = 0;
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
    const last = this.#codec.farewell();
    if (last !== null && !this.#queue.closed) await this.#orFinish(this.#queue.write(last));
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
    if (!this.#conn.isEncrypted && await this.#reader.fill(1)) {
      this.#isTlsAlert = isTlsAlert(this.#reader.buffered);
    }
    for (;;) {
      const reply = await recvMsg(this.#reader, this.#codec);
      if (reply === null) break;
      await this.#onReply(reply);
      this.#updateTimeout();
    }
    if (this.#isAnswered()) this.#inFlight.length = 0;
    const problem = !this.#ending
      ? "the server closed it"
      : this.#inFlight.length > 0
      ? "the server closed it too early"
      : this.#expectsHistory
      ? "the server closed it without the history"
      : null;
    if (problem !== null) {
      const isLeft = this.#inFlight.length > 0 && this.#codec.matchesByContent;
      const hint = isLeft ? { hint: "a server must read until the client ends" } : {};
      throw this.#failures.lost(problem, this.#inFlight.length, hint);
    }
    await this.#queue.close();
    const isTooMuch = this.#unsolicited > 0 && this.#messages > 0;
    if (isTooMuch && this.#codec.matchesByContent && !this.#acceptsMore) {
      throw this.#failures.tooMuch(this.#unsolicited);
    }
  }

  async #onReply(reply: Reply): Promise<void> {
    const time = Date.now();
    switch (reply.type) {
      case "echo":
        return await this.#onEcho(reply.payload);
      case "stray":
        throw await this.#wrongEcho(reply.bytes, reply.wanted);
      case "broadcast": {
        this.#unsolicited++;
        const { type, payload } = reply;
        await this.#show({ type, time, sender: utf8.decode(reply.sender), payload });
        return this.#responseTimeout.onOther();
      }
      case "history":
        if (!this.#expectsHistory) throw this.#failures.unaskedHistory();
        this.#expectsHistory = false;
        this.#responseTimeout.onResponse();
        return await this.#show({ ...reply, time });
      case "history-message":
        this.#responseTimeout.onResponse();
        return await this.#show({ ...reply, time });
      case "notice":
        this.#unsolicited++;
        await this.#show({ type: "notice", time, text: utf8.decode(reply.text) });
        return this.#responseTimeout.onOther();
      case "control":
        if (!this.#queue.closed) { // else this side has ended
          void this.#queue.write(reply.answer).catch(() => {}); // the reading side finds out
        }
        return this.#responseTimeout.onOther();
      case "error": {
        const why = `the server ended it: ${utf8.decode(reply.reason)}`;
        throw this.#failures.lost(why, this.#inFlight.length);
      }
    }
  }

  /** A sink that is full holds the client. */
  async #show(event: Parameters<Emit>[0]): Promise<void> {
    const full = this.#emit(event);
    if (full) await this.#responseTimeout.hold(full);
  }

  async #onEcho(payload: Uint8Array): Promise<void> {
    const sent = this.#inFlight.shift()!;
    // Long ones would take the memory of as many.
    const before = this.#earlier.slice(0, EARLIER_ECHOES - 1);
    this.#earlier = sent.length > MAX_WRONG_BYTES ? [] : [sent, ...before];
    this.#unsolicited = 0;
    this.#messages++;
    this.#bytes += payload.length;
    this.#responseTimeout.onResponse();
    await this.#show({ type: "echoed", time: Date.now(), payload });
  }

  /** The failure for wrong bytes and what comes soon after them: together they show the mistake. */
  async #wrongEcho(bytes: Uint8Array, wanted: Uint8Array | null): Promise<Failure> {
    const first = bytes.slice();
    const timer = setTimeout(() => this.#conn.close(), WRONG_ECHO_WAIT_MS);
    let isEnd = false;
    while (!isEnd && this.#reader.available < MAX_WRONG_BYTES) {
      isEnd = !await this.#reader.fill(this.#reader.available + 1).catch(() => false);
    }
    clearTimeout(timer);
    const received = concat([first, this.#reader.take(this.#reader.available)]);
    return this.#wrongEchoFailure(received, wanted, isEnd);
  }

  #wrongEchoFailure(received: Uint8Array, wanted: Uint8Array | null, isEnd: boolean): Failure {
    const earlier = this.#earlier.map((payload) => this.#codec.echoForm(payload));
    return this.#failures.wrongEcho(this.#messages + 1, { received, wanted, earlier }, isEnd);
  }

  /** Whether a person has seen an answer to all that is in flight, though in other words. */
  #isAnswered(): boolean {
    return this.#isLenient && this.#unsolicited > 0;
  }

  /** While a response is due, the server must not be silent for longer than the timeout. */
  #updateTimeout(): void {
    const isDue = this.#inFlight.length > 0 && !this.#isAnswered();
    this.#responseTimeout.expectResponse(isDue || this.#ending);
  }

  #failureOf(error: unknown): Failure {
    if (this.#isTlsAlert && this.#messages === 0) return this.#failures.needsTls();
    const [due] = this.#inFlight;
    const isLost = !(error instanceof Failure) || error.kind === "lost";
    if (isLost && due !== undefined && this.#codec.matchesByContent) {
      if (this.#unsolicited > 0) {
        return this.#failures.missingEcho(this.#messages + 1, due, this.#unsolicited);
      }
      const begun = this.#reader.buffered;
      if (begun.length > 0) return this.#wrongEchoFailure(begun, this.#codec.echoForm(due), true);
    }
    if (!this.#responseTimeout.expired) return this.#failures.of(error, this.#inFlight.length);
    return this.#failures.timeout(this.#inFlight.length, this.#messages, this.#reader.total > 0);
  }
}
