/**
 * The path to a server that is known to be right: what lies between, which is judged.
 *
 * @module
 */
import { Failure } from "../../failure.ts";
import { equals } from "../../std.ts";
import { Skip, type Subject } from "../case.ts";
import { ANSWER_MS } from "../judge.ts";
import type { Message, Probe, Server } from "../server.ts";

/** What is known about TLS on the path. */
export interface PathTls {
  /** The fingerprint of the server's key, as the user gave it. */
  pin: string | null;
  /** The fingerprint of the key that the other end presents; null without a pin. */
  key: string | null;
  /** The ALPN protocol that is agreed on when `echo/1` is offered; null for none. */
  agree(): Promise<string | null>;
}

/** What the cases of the suite `path` can do. */
export class Path implements Subject {
  /** Connections through it. */
  readonly server: Server;
  /** Null where connections are without TLS. */
  readonly tls: PathTls | null;
  /** The largest message that passes, in bytes: other cases send none that is larger. */
  largest: number = Infinity;

  /** `server` is at its other end. */
  constructor(server: Server, tls: PathTls | null) {
    this.server = server;
    this.tls = tls;
  }

  /** Whether the other end has another key than the pinned one. */
  get hasOtherKey(): boolean {
    return this.tls !== null && this.tls.key !== this.tls.pin;
  }

  /** Connects. Throws a `Failure`, or a `Skip` where another key is the reason. */
  async connect(): Promise<Probe> {
    try {
      return await this.server.connect();
    } catch (error) {
      const isUntrusted = error instanceof Failure && error.kind === "untrusted";
      if (!isUntrusted || !this.hasOtherKey) throw error;
      throw new Skip("the key at the other end is another one, and no authority vouches for it");
    }
  }

  /** Closes all connections of a case. */
  closeAll(): void {
    this.server.closeAll();
  }
}

/** What came of a message. */
export interface Passage {
  /** Whether it came back whole and unchanged. */
  isWhole: boolean;
  /** The bytes that came. */
  received: Uint8Array;
  /** The same in words. */
  saw: string;
}

/** Sends a message while its echo is read; a pause of `within` milliseconds ends the wait. */
export async function pass(
  probe: Probe,
  { sent, wanted }: Message,
  within = ANSWER_MS,
): Promise<Passage> {
  void probe.send(sent); // it settles by the time that the echo is whole, or the case is over
  return await collect(probe, wanted, within);
}

/** Waits for the echo `wanted`; a pause of `within` milliseconds ends the wait. */
export async function collect(
  probe: Probe,
  wanted: Uint8Array,
  within = ANSWER_MS,
): Promise<Passage> {
  for (let before = -1; before < probe.received && probe.received < wanted.length;) {
    before = probe.received;
    await probe.wait(before + 1, within);
  }
  const received = probe.take();
  const isWhole = equals(received, wanted);
  return { isWhole, received, saw: isWhole ? "all came back" : shortfall(probe, received, wanted) };
}

function shortfall(probe: Probe, received: Uint8Array, wanted: Uint8Array): string {
  if (received.length >= wanted.length) return "other bytes came back";
  const count = received.length === 0 ? "nothing" : `${received.length} of ${wanted.length} bytes`;
  return `${count} came back, and then ${endOf(probe)}`;
}

/** How the connection has ended, as part of a sentence. */
export function endOf({ ended }: Probe): string {
  if (ended === null) return "neither more bytes nor an end";
  // An error of TLS has no other name: a reset and a missing close_notify look the same.
  return ended === "closed" ? "the end" : "a reset or an end without close_notify";
}
