/**
 * The echo of RFC 862 over UDP, with limits against reflection attacks.
 *
 * @module
 */
import type { Endpoint } from "../net/address.ts";
import type { Datagram, DatagramSocket } from "../net/datagram.ts";
import { BackOff } from "./back_off.ts";
import type { RejectionReason, Sink } from "./events.ts";
import { RateLimit } from "./rate_limit.ts";
import { addressPrefix } from "../text/ip.ts";
import { RejectionReporter } from "./rejections.ts";
import { RepeatDetector } from "./repeats.ts";

/** The lowest port without privilege. Below it are services that answer any datagram. */
const MIN_SOURCE_PORT = 1024;

/** How long to wait after a failure, in milliseconds. */
const RETRY_DELAY_MS = { min: 10, max: 1_000 };

/** The options of the service. */
export interface UdpOptions {
  /** `--udp-rate`: how many datagrams a second each source gets back, of IPv6 each /64. */
  rate: number;
}

/**
 * Sends each datagram of `socket` back to its source, unchanged, until `signal` is aborted; then
 * closes the socket. Events report all problems; this never rejects.
 */
export async function serveDatagrams(
  socket: DatagramSocket,
  options: UdpOptions,
  sink: Sink,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return socket[Symbol.dispose]();
  const service = new DatagramService(socket, options, sink);
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(service.close()), { once: true });
  });
  // A sink that is full holds the echo, but not the end.
  await Promise.race([service.run(signal), stopped]);
}

class DatagramService {
  readonly #socket: DatagramSocket;
  readonly #sink: Sink;
  readonly #limit: RateLimit;
  readonly #repeats = new RepeatDetector();
  readonly #rejections: RejectionReporter;
  /** When the last failure to send was reported. */
  #reportedAt = -Infinity;

  constructor(socket: DatagramSocket, { rate }: UdpOptions, sink: Sink) {
    this.#socket = socket;
    this.#sink = sink;
    this.#limit = new RateLimit(rate);
    this.#rejections = new RejectionReporter(sink);
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
        await this.#report(error);
        await backOff.wait(signal);
      }
    }
  }

  close(): void {
    this.#socket[Symbol.dispose]();
    this.#rejections.close();
  }

  async #answer({ bytes, from }: Datagram): Promise<void> {
    const reason = this.#rejectionOf(bytes, from);
    if (reason !== null) return this.#rejections.add(from, reason);
    const event = { type: "datagram", time: Date.now(), peer: from, payload: bytes } as const;
    const full = this.#sink.emit(event);
    try {
      await this.#socket.send(bytes, from);
    } catch (error) {
      // No pause: one unreachable source must not slow down the others.
      const isDue = performance.now() > this.#reportedAt + RETRY_DELAY_MS.max;
      if (isDue && !isPortUnreachable(error)) {
        this.#reportedAt = performance.now();
        await this.#report(error);
      }
    }
    await full;
  }

  #rejectionOf(bytes: Uint8Array, { hostname, port }: Endpoint): RejectionReason | null {
    const now = performance.now();
    if (port < MIN_SOURCE_PORT) return "privileged-port";
    if (port === this.#socket.port) return "own-port";
    if (!this.#limit.allows(addressPrefix(hostname), now)) return "rate";
    return this.#repeats.isLoop(`${hostname} ${port}`, bytes, now) ? "loop" : null;
  }

  #report(error: unknown): void | Promise<void> {
    const problem = error instanceof Error ? error.message : String(error);
    return this.#sink.emit({ type: "udp-failed", time: Date.now(), problem });
  }
}

/** An earlier echo met a closed port. The system reports that with the next call. */
function isPortUnreachable(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.ConnectionReset;
}
