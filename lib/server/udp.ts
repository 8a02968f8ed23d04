/**
 * The echo of RFC 862 over UDP, with what it takes so that nobody can make a weapon of it.
 *
 * @module
 */
import type { Datagram, DatagramSocket } from "../net/datagram.ts";
import type { Endpoint } from "../net/address.ts";
import { BackOff } from "./back_off.ts";
import type { RejectionReason, Sink } from "./events.ts";
import { RateLimit } from "./rate_limit.ts";
import { RejectionReporter } from "./rejections.ts";

/** The lowest port that needs no privilege: services that answer anything lie below. */
const LOWEST_PORT = 1024;

/** How long to wait after a failure, in milliseconds: at first, and at most. */
const RETRY_DELAY_MS = { min: 10, max: 1_000 };

/** What the service is told. */
export interface UdpOptions {
  /** `--udp-rate`: how many datagrams a second are answered for each source address. */
  rate: number;
  /** Whether an address is this machine's own. */
  isLocalAddress: (hostname: string) => boolean;
}

/**
 * Sends every datagram that `socket` receives back to where it came from, unchanged, until `signal`
 * is aborted; then closes the socket. Whatever goes wrong is told; this never rejects.
 */
export async function serveDatagrams(
  socket: DatagramSocket,
  options: UdpOptions,
  sink: Sink,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return socket[Symbol.dispose]();
  const service = new Service(socket, options, sink);
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(service.close()), { once: true });
  });
  // A sink that takes nothing holds the echo, but not the end.
  await Promise.race([service.run(signal), stopped]);
}

class Service {
  readonly #socket: DatagramSocket;
  readonly #isOwnAddress: (hostname: string) => boolean;
  readonly #sink: Sink;
  readonly #limit: RateLimit;
  readonly #refusals: RejectionReporter;
  /** When a send failure was told last. */
  #told = -Infinity;

  constructor(socket: DatagramSocket, { rate, isLocalAddress }: UdpOptions, sink: Sink) {
    this.#socket = socket;
    this.#isOwnAddress = isLocalAddress;
    this.#sink = sink;
    this.#limit = new RateLimit(rate);
    this.#refusals = new RejectionReporter(sink);
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#sink.emit({ type: "udp-start", time: Date.now(), port: this.#socket.port });
    const backOff = new BackOff(RETRY_DELAY_MS);
    while (!signal.aborted) {
      try {
        const datagram = await this.#socket.receive();
        if (signal.aborted) return;
        backOff.reset();
        await this.#answer(datagram);
      } catch (error) {
        if (signal.aborted) return;
        if (isPortUnreachable(error)) continue;
        await this.#tell(error);
        await backOff.wait(signal);
      }
    }
  }

  close(): void {
    this.#socket[Symbol.dispose]();
    this.#refusals.close();
  }

  async #answer({ bytes, from }: Datagram): Promise<void> {
    const reason = this.#refusalOf(from);
    if (reason !== null) return this.#refusals.add(from, reason);
    const told = this.#sink.emit({
      type: "datagram",
      time: Date.now(),
      peer: from,
      payload: bytes,
    });
    try {
      await this.#socket.send(bytes, from);
    } catch (error) {
      // Without a pause: a source that nobody can send to must not slow down the others.
      if (performance.now() > this.#told + RETRY_DELAY_MS.max && !isPortUnreachable(error)) {
        this.#told = performance.now();
        await this.#tell(error);
      }
    }
    await told;
  }

  #refusalOf({ hostname, port }: Endpoint): RejectionReason | null {
    if (port < LOWEST_PORT) return "privileged-port";
    if (port === this.#socket.port && this.#isOwnAddress(hostname)) return "own-address";
    return this.#limit.allows(hostname, performance.now()) ? null : "rate";
  }

  #tell(error: unknown): void | Promise<void> {
    const problem = error instanceof Error ? error.message : String(error);
    return this.#sink.emit({ type: "udp-failed", time: Date.now(), problem });
  }
}

/** An earlier echo met nobody: the system says so with whatever is done next. */
function isPortUnreachable(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.ConnectionReset;
}
