/**
 * A connection to a NATS server: the protocol is nats-core's, the sockets are Deno's. Loaded only for
 * a room. The library's own transport for Deno and Node ends the process on a refused login.
 *
 * @module
 */
import {
  type Authenticator,
  type ConnectionOptions,
  createInbox,
  type NatsConnection,
  NatsConnectionImpl,
  nkeyAuthenticator,
  type Server,
  setTransportFactory,
  tokenAuthenticator,
  type Transport,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core/internal";
import { Failure, reasonOf } from "../failure.ts";
import { concat } from "../std.ts";
import { formatHostPort } from "../text/host_port.ts";
import type { Endpoint } from "./address.ts";

/** How long a connection may take, in milliseconds. */
const DIAL_TIMEOUT_MS = 3_000;

/** A server that does not answer two of these is lost: longer than its own `write_deadline`. */
const PING_INTERVAL_MS = 5_000;

/** The longest first line of a server, in bytes. */
const MAX_INFO_BYTES = 64 * 1024;

const READ_BYTES = 64 * 1024;
const LF = 0x0a;

/** A secret that a server wants: the seed of an nkey, `user:password`, or a token. */
export type NatsSecret = string;

/** Which server, and how. */
export interface NatsOptions extends Endpoint {
  /** Authorities to trust besides the system's, PEM; null: without TLS. */
  authorities: string[] | null;
  /** What the server wants to know; null: nothing. Never part of an error. */
  secret: NatsSecret | null;
  /** What the server's operator sees: `echo 1a2b3c4d`. */
  name: string;
  /** How often the server is asked whether it is there, in milliseconds. */
  pingInterval?: number;
}

/** A connection. Its methods are those that a room needs. */
export class NatsLink {
  readonly #connection: NatsConnection;
  readonly #transport: DenoTransport;
  /** What was published since the library has given its bytes to the transport. */
  #unflushed = 0;
  /** What the server does not permit; null: nothing was refused. */
  #refusal: string | null = null;
  /** The server: `127.0.0.1:4222`. */
  readonly broker: string;

  private constructor(connection: NatsConnection, transport: DenoTransport, broker: string) {
    this.#connection = connection;
    this.#transport = transport;
    this.broker = broker;
    transport.onSend = () => this.#unflushed = 0;
    void this.#watch();
  }

  /** Connects. Throws a `Failure` of kind `unreachable` that names the server, and no secret. */
  static async connect(options: NatsOptions, signal: AbortSignal): Promise<NatsLink> {
    const broker = formatHostPort(options);
    const transport = new DenoTransport(options.authorities);
    const taken = await takeFactory(transport);
    const abort = () => void transport.close(new Error("given up"));
    signal.addEventListener("abort", abort, { once: true });
    try {
      const connection = await NatsConnectionImpl.connect({
        servers: broker,
        name: options.name,
        noEcho: true,
        reconnect: false, // it would throw away what is published meanwhile, and tell nothing
        timeout: DIAL_TIMEOUT_MS,
        pingInterval: options.pingInterval ?? PING_INTERVAL_MS,
        maxPingOut: 2,
        noAsyncTraces: true,
        ignoreClusterUpdates: true,
        ...(options.secret === null ? {} : { authenticator: authenticatorFor(options.secret) }),
      });
      return new NatsLink(connection, transport, broker);
    } catch (cause) {
      await transport.close();
      throw new Failure("unreachable", {
        what: `cannot connect to the NATS server ${broker}`,
        why: reasonFor(transport.closeError ?? cause),
      });
    } finally {
      taken();
      signal.removeEventListener("abort", abort);
    }
  }

  /** The longest message that the server takes now, in bytes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1024 * 1024;
  }

  /** How many bytes the system has not taken yet. */
  get pendingBytes(): number {
    return this.#unflushed + this.#transport.pendingBytes;
  }

  /** Settles with the reason when the connection is over; never rejects. */
  get closed(): Promise<string> {
    return this.#connection.closed().then((error) =>
      this.#refusal ?? (error ? reasonFor(error) : "the NATS server closed the connection")
    );
  }

  /** A subject that is not permitted ends the connection: else messages would be lost in silence. */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type !== "error" || !/permissions violation/i.test(String(status.error))) continue;
      this.#refusal = `it does not permit: ${reasonOf(status.error)}`;
      await this.#connection.close();
    }
  }

  /** Sends a message; never waits. */
  publish(subject: string, payload: Uint8Array): void {
    if (this.#connection.isClosed() || payload.length > this.maxPayload) return;
    this.#unflushed += payload.length;
    this.#connection.publish(subject, payload);
  }

  /**
   * Calls `receive` with each message of others; its bytes are valid until it returns. `reply` is the
   * subject of an answer, where one is wanted.
   */
  subscribe(
    subject: string,
    receive: (subject: string, payload: Uint8Array, reply: string | undefined) => void,
  ): void {
    this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) receive(message.subject, message.data, message.reply || undefined);
      },
    });
  }

  /** Asks all that have subscribed to `subject`; `receive` gets their answers, as long as it wants. */
  ask(subject: string, payload: Uint8Array, receive: (answer: Uint8Array) => void): Disposable {
    const inbox = createInbox();
    const subscription = this.#connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error === null) receive(message.data);
      },
    });
    this.#connection.publish(subject, payload, { reply: inbox });
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  /** Settles when the server has everything, or the connection is over. */
  async flush(): Promise<void> {
    await Promise.race([this.#connection.flush(), this.#connection.closed()]);
  }

  /** Ends the connection. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

let factoryIsFree: Promise<void> = Promise.resolve();

/**
 * The library has one factory for all connections, so one connection at a time has it. Returns what
 * gives it to the next one; taking the transport does so too.
 */
async function takeFactory(transport: Transport): Promise<() => void> {
  const before = factoryIsFree;
  const { promise, resolve } = Promise.withResolvers<void>();
  factoryIsFree = promise;
  await before;
  setTransportFactory({ factory: () => (resolve(), transport) });
  return resolve;
}

function authenticatorFor(secret: NatsSecret): Authenticator {
  if (/^SU[A-Z2-7]{56}$/.test(secret)) return nkeyAuthenticator(new TextEncoder().encode(secret));
  const colon = secret.indexOf(":");
  if (colon < 0) return tokenAuthenticator(secret);
  return usernamePasswordAuthenticator(secret.slice(0, colon), secret.slice(colon + 1));
}

/** In our words where it is a common one. */
function reasonFor(error: unknown): string {
  const reason = reasonOf(error);
  if (/authorization violation/i.test(reason)) return "it refuses the secret, or wants one";
  if (/^timeout$/i.test(reason)) return `no answer within ${DIAL_TIMEOUT_MS / 1000} s`;
  return reason;
}

/** The bytes of one connection. Its iterator ends and never throws. */
class DenoTransport implements Transport {
  readonly lang = "typescript";
  readonly version = "echo";
  readonly #authorities: string[] | null;
  readonly #closed = Promise.withResolvers<void | Error>();
  #conn: Deno.Conn | null = null;
  /** What came before the library reads: the first line of the server. */
  #first: Uint8Array = new Uint8Array();
  #queue: Uint8Array[] = [];
  #isWriting = false;
  #isClosed = false;
  /** How many bytes the system has not taken. */
  pendingBytes = 0;
  closeError?: Error;
  onSend = (): void => {};

  constructor(authorities: string[] | null) {
    this.#authorities = authorities;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  isEncrypted(): boolean {
    return this.#authorities !== null;
  }

  async connect({ hostname, port }: Server, _options: ConnectionOptions): Promise<void> {
    try {
      const tcp = this.#own(
        await Deno.connect({ hostname: hostname.replace(/^\[|\]$/g, ""), port }),
      );
      tcp.setNoDelay();
      this.#first = await firstLineOf(tcp);
      const wantsTls = /"tls_required":\s*true/.test(new TextDecoder().decode(this.#first));
      if (this.#authorities !== null) {
        if (!wantsTls && !/"tls_available":\s*true/.test(new TextDecoder().decode(this.#first))) {
          throw new Error("it does not speak TLS");
        }
        const tls = await Deno.startTls(tcp, { hostname, caCerts: this.#authorities });
        this.#own(tls);
        await tls.handshake();
      } else if (wantsTls) throw new Error("it wants TLS: use tls:// instead of nats://");
    } catch (error) {
      await this.close(error as Error);
      throw error;
    }
  }

  /** Closes what comes after the end. */
  #own<C extends Deno.Conn>(conn: C): C {
    this.#conn = conn;
    if (!this.#isClosed) return conn;
    conn.close();
    throw this.closeError ?? new Error("closed");
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      yield this.#first;
      for (;;) {
        const count = await this.#conn!.read(buffer);
        if (count === null) return void this.close();
        yield buffer.slice(0, count);
      }
    } catch (error) {
      await this.close(error as Error);
    } finally { // the library has stopped to read
      await this.close(new Error("it does not speak the protocol of NATS"));
    }
  }

  send(frame: Uint8Array): void {
    this.onSend();
    if (this.#isClosed) return;
    this.#queue.push(frame);
    this.pendingBytes += frame.length;
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#queue.length > 0 && !this.#isClosed) {
        const bytes = this.#queue.length === 1 ? this.#queue[0]! : concat(this.#queue);
        this.#queue = [];
        for (let at = 0; at < bytes.length;) {
          const taken = await this.#conn!.write(bytes.subarray(at));
          this.pendingBytes -= taken;
          at += taken;
        }
      }
    } catch (error) {
      await this.close(error as Error);
    }
    this.#isWriting = false;
  }

  close(error?: Error): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    if (error !== undefined) this.closeError = error;
    try {
      this.#conn?.close();
    } catch {
      // closed before
    }
    this.#closed.resolve(error);
    return Promise.resolve();
  }

  disconnect(): void {
    void this.close();
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  discard(): void {}
}

/** The first line, which comes before TLS. */
async function firstLineOf(conn: Deno.TcpConn): Promise<Uint8Array> {
  const byte = new Uint8Array(READ_BYTES);
  const pieces: Uint8Array[] = [];
  for (let size = 0; size < MAX_INFO_BYTES;) {
    const count = await conn.read(byte);
    if (count === null) throw new Error("it closed the connection at once");
    pieces.push(byte.slice(0, count));
    size += count;
    if (byte.subarray(0, count).includes(LF)) {
      const line = concat(pieces);
      if (new TextDecoder().decode(line.subarray(0, 5)) === "INFO ") return line;
      break;
    }
  }
  throw new Error("it is no NATS server");
}
