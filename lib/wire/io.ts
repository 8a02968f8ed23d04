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

/**
 * A byte stream that pulls from `source`, one read for each request. Not `conn.readable`: that one
 * closes the whole connection at the peer's end of stream, and a client that half-closes would
 * lose the tail of its echo.
 */
export function byteStream(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest!; // always there: nobody reads without a buffer
      const count = await source.read(request.view as Uint8Array);
      if (count === null) {
        controller.close();
        request.respond(0);
      } else {
        request.respond(count);
      }
    },
  });
}
