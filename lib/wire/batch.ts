/**
 * The kinds of batches: whole messages, a piece of a long one, a command, the end.
 *
 * @module
 */
import type { Batch, PayloadVisitor } from "./codec.ts";
import type { Command } from "./commands.ts";
import { Kind } from "./kind.ts";

/** Whole messages of one kind. */
export class MessageBatch implements Batch {
  readonly command = null;
  readonly ends = false;
  readonly resumes = false;
  readonly continues = false;
  readonly #split: (echo: Uint8Array, visit: PayloadVisitor) => void;

  /** `split` finds the payloads in `echo`, when they are asked for: most echoes do without. */
  constructor(
    readonly kind: Kind,
    readonly count: number,
    readonly bytes: number,
    readonly echo: Uint8Array,
    split: (echo: Uint8Array, visit: PayloadVisitor) => void,
  ) {
    this.#split = split;
  }

  forEachPayload(visit: PayloadVisitor): void {
    this.#split(this.echo, visit);
  }
}

/** A part of one message that is too long to be held whole. */
export class PieceBatch implements Batch {
  readonly command = null;
  readonly ends = false;
  readonly count: number;
  readonly bytes: number;
  readonly #header: number;

  /**
   * The first `header` bytes are no payload. Where only the first piece of a message has a header,
   * `resumes` need not be given.
   */
  constructor(
    readonly kind: Kind,
    readonly echo: Uint8Array,
    header: number,
    readonly continues: boolean,
    readonly resumes: boolean = header === 0,
  ) {
    this.count = continues ? 0 : 1;
    this.bytes = echo.length - header;
    this.#header = header;
  }

  forEachPayload(visit: PayloadVisitor): void {
    visit(this.echo, this.#header, this.echo.length);
  }
}

/** One command. It has no echo. */
export class CommandBatch implements Batch {
  readonly kind: Kind = Kind.text;
  readonly count = 0;
  readonly bytes = 0;
  readonly echo: Uint8Array = new Uint8Array();
  readonly ends = false;
  readonly resumes = false;
  readonly continues = false;

  /** Which one it is. */
  constructor(readonly command: Command) {}

  forEachPayload(): void {}
}

/** The client has said that it ends: nothing of it follows. */
export const END_BATCH: Batch = {
  kind: Kind.bytes,
  count: 0,
  bytes: 0,
  echo: new Uint8Array(),
  command: null,
  ends: true,
  resumes: false,
  continues: false,
  forEachPayload() {},
};

/** The payloads as views, where their number does not matter. */
export function payloadsOf(batch: Pick<Batch, "forEachPayload">): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  batch.forEachPayload((bytes, start, end) => payloads.push(bytes.subarray(start, end)));
  return payloads;
}
