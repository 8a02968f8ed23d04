/**
 * All that the wire asks of the world: a source and a sink of bytes. A socket satisfies both, and
 * so do standard input and a test's memory.
 *
 * @module
 */

/** Where bytes come from. */
export interface ByteSource {
  /** Fills at most all of `view` and says how many bytes came, or null at a clean end. */
  read(view: Uint8Array): Promise<number | null>;
}

/** Where bytes go. */
export interface ByteSink {
  /** Writes all of `bytes`, which may be reused once this settles. */
  write(bytes: Uint8Array): Promise<void>;
}
