/**
 * Exactly n bytes from a stream that gives any number at a time (000: `recv_n`).
 *
 * @module
 */
import type { Budget } from "./budget.ts";
import { NoRoom, Truncated } from "./errors.ts";
import type { ByteSource } from "./io.ts";

/** How large the read buffer is, in bytes. */
export interface BufferSize {
  /** What an idle connection holds. */
  least: number;
  /** How far full reads make it grow; only a longer message makes it grow further. */
  most: number;
}

/** How many times its most a buffer may have for a longer message, without asking and afterwards. */
const LEEWAY = 2;

/** Small because most connections wait; grown, one read serves many frames. */
export const BUFFER_SIZE: BufferSize = { least: 4 * 1024, most: 64 * 1024 };

/**
 * Bytes read ahead from a source, and the buffer they lie in. Views on it are valid until the next
 * call that may read.
 */
export class ByteReader {
  readonly #source: ByteSource;
  readonly #size: BufferSize;
  readonly #budget: Budget | null;
  /** What was taken of the budget. */
  #granted = 0;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  #total = 0;
  #ended = false;

  /** Reads from `source`, and nobody else may. What long messages need is taken from `budget`. */
  constructor(source: ByteSource, size: BufferSize = BUFFER_SIZE, budget: Budget | null = null) {
    this.#source = source;
    this.#size = size;
    this.#budget = budget;
    this.#buffer = new Uint8Array(size.least);
  }

  /** Gives back what it took; it cannot read any more. */
  release(): void {
    this.#budget?.give(this.#granted);
    this.#granted = 0;
    this.#ended = true;
  }

  /** What has been read and not been taken. */
  get ahead(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** How many bytes that is. */
  get available(): number {
    return this.#end - this.#start;
  }

  /** How many bytes have come so far. */
  get total(): number {
    return this.#total;
  }

  /** All that was taken from `first` on, which was, as one view. */
  since(first: Uint8Array): Uint8Array {
    return this.#buffer.subarray(first.byteOffset - this.#buffer.byteOffset, this.#start);
  }

  /** The next `count` bytes, which must be available, as a view; they count as read. */
  take(count: number): Uint8Array {
    const view = this.#buffer.subarray(this.#start, this.#start + count);
    this.#start += count;
    return view;
  }

  /** Passes over the next `count` bytes, which must be available. */
  drop(count: number): void {
    this.#start += count;
  }

  /**
   * Reads until `count` bytes are available; false if the stream ends before. Throws `NoRoom` when
   * the budget has too little for as many.
   */
  async fill(count: number): Promise<boolean> {
    while (this.available < count) {
      if (this.#ended) return false;
      this.#makeRoom(count);
      const free = this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end);
      const came = await this.#source.read(free);
      if (came === null) this.#ended = true;
      else this.#advance(came);
    }
    return true;
  }

  #advance(count: number): void {
    this.#end += count;
    this.#total += count;
  }

  /** Leaves free space behind the bytes ahead; grows only when bytes have really come. */
  #makeRoom(count: number): void {
    const { least, most } = this.#size;
    const capacity = this.#buffer.length;
    if (this.#start === this.#end) {
      const used = this.#end;
      this.#start = this.#end = 0;
      if (capacity > LEEWAY * most) {
        this.#buffer = this.#allocate(most); // a long message is over: others may need the room
      } else if (used === capacity && capacity < most) {
        this.#buffer = new Uint8Array(Math.min(capacity * 2, most));
      } else if (used <= capacity / 4 && capacity > least) {
        this.#buffer = new Uint8Array(Math.max(capacity / 2, least));
      }
      return;
    }
    if (this.#end < capacity && (this.#start === 0 || this.#start + count <= capacity)) return;
    const roomier = this.available > capacity / 2 && count > capacity;
    const target = roomier ? this.#allocate(larger(capacity, count)) : this.#buffer;
    target.set(this.ahead);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = target;
  }

  #allocate(length: number): Uint8Array {
    const needed = length > LEEWAY * this.#size.most ? length : 0;
    const budget = this.#budget;
    if (budget !== null) {
      if (needed > this.#granted && !budget.take(needed - this.#granted)) throw new NoRoom();
      if (needed < this.#granted) budget.give(this.#granted - needed);
      this.#granted = needed;
    }
    return new Uint8Array(length);
  }
}

/** To `count` if that is near, but always in large steps: each one copies all that is there. */
function larger(capacity: number, count: number): number {
  return Math.max(Math.min(capacity * 2, count), Math.ceil(capacity * 1.5));
}

/**
 * Reads exactly `count` bytes. Three endings: the bytes, as a view that is valid until the next
 * read; null when the stream ends cleanly before the first of them; or `Truncated`, with how many
 * of how many came. What the source throws passes through.
 */
export async function recvN(reader: ByteReader, count: number): Promise<Uint8Array | null> {
  if (reader.available >= count || await reader.fill(count)) return reader.take(count);
  if (reader.available === 0) return null;
  throw new Truncated(reader.available, count);
}
