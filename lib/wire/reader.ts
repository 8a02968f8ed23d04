/**
 * Exactly n bytes from a stream that gives any number at a time (000: `recv_n`).
 *
 * @module
 */
import { MemoryLimitExceeded, Truncated } from "./errors.ts";
import type { ByteSource } from "./io.ts";
import type { MemoryBudget } from "./memory_budget.ts";

/** How large the read buffer is, in bytes. */
export interface BufferSize {
  /** The size for an idle connection. */
  min: number;
  /** The size up to which full reads make it grow. Only a longer message makes it grow further. */
  max: number;
}

/** A buffer of up to this many times `max` is not counted in the budget. */
const UNBUDGETED_FACTOR = 2;

/** A buffer shrinks after so many reads in a row that need a quarter of it at most. */
const SMALL_READS_TO_SHRINK = 16;

/** Small because most connections wait; grown, one read serves many frames. */
export const BUFFER_SIZE: BufferSize = { min: 1024, max: 64 * 1024 };

const YES = Promise.resolve(true);
const NO = Promise.resolve(false);

/**
 * Bytes that were read ahead from a source, in a buffer of our own ("bring your own buffer").
 * Views on it are valid until the next call that may read.
 */
export class ByteReader {
  readonly #source: ByteSource;
  readonly #size: BufferSize;
  readonly #budget: MemoryBudget | null;
  /** How many bytes of the budget this reader has. */
  #granted = 0;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  #total = 0;
  #smallReads = 0;
  #reading = false;
  #ended = false;

  /**
   * Reads from `source`. Nothing else may read there. A buffer for a long message is counted in
   * `budget`.
   */
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

  /** Gives back what it has of the budget. It cannot read any more. */
  release(): void {
    this.#budget?.release(this.#granted);
    this.#granted = 0;
    this.#ended = true;
  }

  /** The bytes that were read and not taken. */
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

  /** Whether a read is under way: the peer's next bytes are waited for. */
  get isReading(): boolean {
    return this.#reading;
  }

  /** Whether the stream has ended: what is buffered is all. */
  get ended(): boolean {
    return this.#ended;
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
   * Leaves the buffer to the holder of a view on it and goes on in another one: views that were
   * taken so far stay valid.
   */
  detach(): void {
    const buffer = new Uint8Array(this.#buffer.length);
    buffer.set(this.buffered);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = buffer;
  }

  /**
   * Reads until `count` bytes are available; false if the stream ends before. Rejects with
   * `MemoryLimitExceeded` when the budget has too little for as many.
   */
  fill(count: number): Promise<boolean> {
    if (this.available >= count) return YES;
    if (this.#ended) return NO;
    try {
      this.#makeRoom(count);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#reading = true;
    // Not an async function: one more costs 0.2 us for each read.
    return this.#source.read(this.#free()).then((got) => {
      this.#reading = false;
      if (got === null) {
        this.#ended = true;
        return false;
      }
      this.#end += got;
      this.#total += got;
      return this.available >= count || this.fill(count);
    }, (error) => {
      this.#reading = false;
      throw error;
    });
  }

  #free(): Uint8Array {
    return this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end);
  }

  /** Leaves free space behind the buffered bytes; grows only when bytes have really come. */
  #makeRoom(count: number): void {
    if (this.#start === this.#end) return this.#reset();
    const capacity = this.#buffer.length;
    if (this.#end < capacity && (this.#start === 0 || this.#start + count <= capacity)) return;
    const target = this.#roomFor(count);
    target.set(this.buffered);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = target;
  }

  /** The buffer for what is buffered and more: a larger one if the last read has filled this one. */
  #roomFor(count: number): Uint8Array {
    const capacity = this.#buffer.length;
    const { max } = this.#size;
    if (this.available > capacity / 2 && count > capacity) {
      return this.#allocate(nextCapacity(capacity, count));
    }
    const isFull = this.#end === capacity && capacity < max;
    return isFull ? new Uint8Array(Math.min(capacity * 2, max)) : this.#buffer;
  }

  /** Begins anew at the front of the buffer, whose size follows the last reads. */
  #reset(): void {
    const { min, max } = this.#size;
    const capacity = this.#buffer.length;
    const used = this.#end;
    this.#start = this.#end = 0;
    this.#smallReads = used <= capacity / 4 && capacity > min ? this.#smallReads + 1 : 0;
    if (capacity > UNBUDGETED_FACTOR * max) {
      this.#buffer = this.#allocate(max); // a long message is over: others may need the memory
    } else if (used === capacity && capacity < max) {
      this.#buffer = new Uint8Array(Math.min(capacity * 2, max));
    } else if (this.#smallReads === SMALL_READS_TO_SHRINK) {
      this.#smallReads = 0;
      this.#buffer = new Uint8Array(Math.max(capacity / 2, min));
    }
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

/** At least half as much again, since each step copies all that is there; but not past `count`. */
function nextCapacity(capacity: number, count: number): number {
  return Math.max(Math.min(capacity * 2, count), Math.ceil(capacity * 1.5));
}

/**
 * Reads exactly `count` bytes. Three endings: the bytes, as a view that is valid until the next
 * read; null when the stream ends cleanly before the first of them; or `Truncated`, with how many
 * of how many came. What the source throws passes through.
 */
export async function recvN(reader: ByteReader, count: number): Promise<Uint8Array | null> {
  if (await reader.fill(count)) return reader.take(count);
  if (reader.available === 0) return null;
  throw new Truncated(reader.available, count);
}
