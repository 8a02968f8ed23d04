/**
 * Exactly n bytes from a stream that gives any number at a time (000: `recv_n`).
 *
 * @module
 */
import type { MemoryBudget } from "./memory_budget.ts";
import { MemoryLimitExceeded, Truncated } from "./errors.ts";
import type { ByteSource } from "./io.ts";

/** How large the read buffer is, in bytes. */
export interface BufferSize {
  /** What an idle connection holds. */
  min: number;
  /** How far full reads make it grow; only a longer message makes it grow further. */
  max: number;
}

/** How many times its most a buffer may have for a longer message, without asking and afterwards. */
const UNBUDGETED_FACTOR = 2;

/** Small because most connections wait; grown, one read serves many frames. */
export const BUFFER_SIZE: BufferSize = { min: 4 * 1024, max: 64 * 1024 };

/**
 * Bytes read ahead from a source, and the buffer they lie in. Views on it are valid until the next
 * call that may read.
 */
export class ByteReader {
  readonly #source: ByteSource;
  readonly #size: BufferSize;
  readonly #budget: MemoryBudget | null;
  /** What was taken of the budget. */
  #granted = 0;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  #total = 0;
  #ended = false;

  /** Reads from `source`, and nobody else may. What long messages need is taken from `budget`. */
  constructor(
    source: ByteSource,
    size: BufferSize = BUFFER_SIZE,
    budget: MemoryBudget | null = null,
  ) {
    this.#source = source;
    this.#size = size;
    this.#budget = budget;
    this.#buffer = new Uint8Array(size.min);
  }

  /** Gives back what it took; it cannot read any more. */
  release(): void {
    this.#budget?.release(this.#granted);
    this.#granted = 0;
    this.#ended = true;
  }

  /** What has been read and not been taken. */
  get buffered(): Uint8Array {
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
  discard(count: number): void {
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
    const { min, max } = this.#size;
    const capacity = this.#buffer.length;
    if (this.#start === this.#end) {
      const used = this.#end;
      this.#start = this.#end = 0;
      if (capacity > UNBUDGETED_FACTOR * max) {
        this.#buffer = this.#allocate(max); // a long message is over: others may need the room
      } else if (used === capacity && capacity < max) {
        this.#buffer = new Uint8Array(Math.min(capacity * 2, max));
      } else if (used <= capacity / 4 && capacity > min) {
        this.#buffer = new Uint8Array(Math.max(capacity / 2, min));
      }
      return;
    }
    if (this.#end < capacity && (this.#start === 0 || this.#start + count <= capacity)) return;
    const roomier = this.available > capacity / 2 && count > capacity;
    const target = roomier ? this.#allocate(nextCapacity(capacity, count)) : this.#buffer;
    target.set(this.buffered);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = target;
  }

  #allocate(length: number): Uint8Array {
    const needed = length > UNBUDGETED_FACTOR * this.#size.max ? length : 0;
    const budget = this.#budget;
    if (budget !== null) {
      if (needed > this.#granted && !budget.tryAcquire(needed - this.#granted)) {
        throw new MemoryLimitExceeded();
      }
      if (needed < this.#granted) budget.release(this.#granted - needed);
      this.#granted = needed;
    }
    return new Uint8Array(length);
  }
}

/** To `count` if that is near, but always in large steps: each one copies all that is there. */
function nextCapacity(capacity: number, count: number): number {
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
