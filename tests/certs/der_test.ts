import fc from "fast-check";
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { anchorOf, partsOf } from "../../lib/certs/der.ts";
import { anchorFor, fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { concat } from "../support/sources.ts";

const authority = await makeAuthority(new Date());
const leaf = new Uint8Array(derOf((await makeLeaf(authority, ["localhost"], new Date())).cert));

/** A DER element of a tag, with the shortest length, or with `octets` octets of length. */
function element(tag: number, content: Uint8Array, octets?: number): Uint8Array {
  const { length } = content;
  const needed = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const count = octets ?? needed;
  const size = Array.from({ length: count }, (_, i) => length >> 8 * (count - 1 - i) & 0xff);
  return concat(Uint8Array.of(tag, ...(count === 0 ? [length] : [0x80 | count, ...size])), content);
}

/** A certificate whose key has `bytes` bytes. */
function certificate(bytes: number, octets?: number): Uint8Array {
  const small = (tag: number) => element(tag, Uint8Array.of(5));
  const key = element(0x30, new Uint8Array(bytes), octets);
  const fields = [small(2), small(0x30), small(0x30), small(0x30), small(0x30), key];
  return element(0x30, concat(element(0x30, concat(...fields)), small(0x30), small(3)));
}

Deno.test("partsOf() finds the key behind lengths of every form", () => {
  for (const bytes of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    assertEquals(partsOf(certificate(bytes)).key, element(0x30, new Uint8Array(bytes)));
  }
  assertEquals(partsOf(certificate(5, 3)).key, element(0x30, new Uint8Array(5), 3));
});

Deno.test("partsOf() rejects what is cut off, at every byte", () => {
  for (let end = 0; end < leaf.length; end++) {
    assertThrows(() => partsOf(leaf.subarray(0, end)), Error, "it is damaged");
  }
});

Deno.test("partsOf() rejects lengths of more than three octets, and of more than there is", () => {
  for (
    const bytes of [[0x30, 0x84, 0, 0, 0, 0], [0x30, 0x80, 0, 0], [0x30, 0x83, 0xff, 0xff, 0xff]]
  ) {
    assertThrows(() => partsOf(Uint8Array.from(bytes)), Error, "it is damaged");
  }
});

Deno.test("anchorOf() has the key of a certificate, and its issuer as issuer and subject", () => {
  const parts = partsOf(leaf);
  const anchor = partsOf(anchorOf(parts));
  assertEquals([anchor.key, anchor.issuer], [parts.key, parts.issuer]);
  assertEquals(fingerprintOf(derOf(anchorFor(leaf))), fingerprintOf(leaf));
});

Deno.test("mutated certificates are parsed or damaged, and nothing else", () => {
  const change = fc.tuple(fc.nat(leaf.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(), (changes, cut) => {
      const bytes = leaf.slice(0, leaf.length - cut % 3);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        const { key } = partsOf(bytes);
        assert(key.length <= bytes.length);
        assertEquals(partsOf(anchorOf(partsOf(bytes))).key, key);
      } catch (error) {
        assertEquals((error as Error).message, "it is damaged");
      }
    }),
    { numRuns: 2000 },
  );
});
