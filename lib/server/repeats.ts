/**
 * Two echo services that answer each other would do so for ever, after one forged datagram. Such a
 * loop is the same datagram from the same source again and again.
 *
 * @module
 */

/** So many equal datagrams in a row are a loop. Not to answer one of them ends it. */
const MAX_REPEATS = 1_000;

/** After a pause of so many milliseconds the next one is the first again. */
const PAUSE_MS = 1_000;

/** How many sources are watched. The one that was silent for longest is forgotten. */
const MAX_SOURCES = 4_096;

interface Repeats {
  checksum: number;
  count: number;
  /** When the last one came, in milliseconds. */
  time: number;
}

/** Counts equal datagrams in a row, for each source. */
export class RepeatDetector {
  /** In the order of their last datagram, the oldest first. */
  readonly #sources = new Map<string, Repeats>();

  /**
   * Whether this datagram of `source` is one too many in a row; `now` is in milliseconds that never
   * run backwards.
   */
  isLoop(source: string, bytes: Uint8Array, now: number): boolean {
    const checksum = checksumOf(bytes);
    const last = this.#sources.get(source);
    const isRepeated = last !== undefined && last.checksum === checksum &&
      now - last.time < PAUSE_MS;
    const count = isRepeated ? last.count + 1 : 1;
    const isLoop = count > MAX_REPEATS;
    this.#sources.delete(source);
    this.#sources.set(source, { checksum, count: isLoop ? 0 : count, time: now });
    if (this.#sources.size > MAX_SOURCES) {
      this.#sources.delete(this.#sources.keys().next().value!);
    }
    return isLoop;
  }
}

/** FNV-1a over the bytes and their number. */
function checksumOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
