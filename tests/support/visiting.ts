/**
 * Payloads as a batch has them.
 *
 * @module
 */
import type { PayloadVisitor } from "../../lib/wire/codec.ts";

/** `forEachPayload` of these payloads. They lie inside a larger array, as in a read buffer. */
export function visiting(...payloads: Uint8Array[]): (visit: PayloadVisitor) => void {
  return (visit) => {
    for (const payload of payloads) {
      const buffer = new Uint8Array(payload.length + 2).fill(0xdd);
      buffer.set(payload, 1);
      visit(buffer, 1, 1 + payload.length);
    }
  };
}
