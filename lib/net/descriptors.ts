/**
 * The open descriptors of this process: its files and sockets. Deno does not tell them.
 *
 * @module
 */
import { cString, type Libc, openLibc } from "./libc.ts";

const POLLNVAL = 0x20;

/** How many there are; null without FFI. */
export function countDescriptors(): number | null {
  const libc = openLibc();
  if (libc === null) return null;
  let count = 0;
  for (const batch of descriptorBatches(libc)) count += batch().length;
  return count;
}

/**
 * The highest possible descriptor, plus one. A process may have a million of them, in a container a
 * thousand times that, and a search of all takes longer than clients wait. Linux tells the size of
 * the table that it has allocated.
 */
function descriptorTableSize(libc: Libc): number {
  const status = libc.fopen(cString("/proc/self/status"), cString("r"));
  if (status === null) return libc.getdtablesize();
  const text = new Uint8Array(4096);
  const count = Number(libc.fread(text, 1n, BigInt(text.length), status));
  libc.fclose(status);
  const size = /^FDSize:\s*(\d+)$/m.exec(new TextDecoder().decode(text.subarray(0, count)))?.[1];
  return size === undefined ? libc.getdtablesize() : Number(size);
}

/** How many descriptors one call of `poll` covers. */
const POLL_BATCH = 1024;

/**
 * All open descriptors, those for which `poll` does not report POLLNVAL, in batches: each is a
 * function, so that the caller may pause between two of them.
 */
export function* descriptorBatches(libc: Libc): Generator<() => number[]> {
  const most = descriptorTableSize(libc);
  const asked = new Int32Array(2 * POLL_BATCH); // struct pollfd: an int, and two shorts
  const answers = new Uint16Array(asked.buffer);
  for (let first = 0; first < most; first += POLL_BATCH) {
    const count = Math.min(POLL_BATCH, most - first);
    yield () => {
      const open: number[] = [];
      asked.fill(0);
      for (let i = 0; i < count; i++) asked[2 * i] = first + i;
      libc.poll(asked, BigInt(count), 0);
      for (let i = 0; i < count; i++) {
        if ((answers[4 * i + 3]! & POLLNVAL) === 0) open.push(first + i);
      }
      return open;
    };
  }
}
