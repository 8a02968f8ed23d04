/**
 * What a server of WebSocket must do with right and wrong frames: the cases of Autobahn's categories
 * 1 to 7, 9 and 10 that an echo can show, written for this project.
 *
 * @module
 */
import { concat, noise, utf8 } from "./sources.ts";
import { closeFrame, frameOf } from "./websocket.ts";

/** One case: what a client sends, and what the server has to answer. */
export interface Case {
  /** Its category and what it is about. */
  name: string;
  /** All that is sent. */
  sent: Uint8Array;
  /** The answers, in the words of `wordsOf`. */
  answers: string[];
}

const text = (payload: string | Uint8Array, fin = true) => frameOf({ opcode: 1, payload, fin });
const binary = (payload: Uint8Array, fin = true) => frameOf({ opcode: 2, payload, fin });
const more = (payload: string | Uint8Array, fin = true) => frameOf({ opcode: 0, payload, fin });
const ping = (payload: string | Uint8Array = "") => frameOf({ opcode: 9, payload });
const pong = (payload = "") => frameOf({ opcode: 10, payload });
const BYE = closeFrame(1000);
const GOOD = "close 1000";
const BAD = "close 1002";
const NO_TEXT = "close 1007";

/** All of them. */
export function cases(): Case[] {
  const all: Case[] = [];
  const add = (name: string, sent: Uint8Array[], ...answers: string[]) =>
    void all.push({ name, sent: concat(...sent), answers });

  for (const size of [0, 1, 125, 126, 127, 128, 65_535, 65_536, 300_000]) {
    const shown = (some: string) => size > 40 ? `${size} bytes` : some;
    add(
      `1 text of ${size}`,
      [text("x".repeat(size)), BYE],
      `text ${shown("x".repeat(size))}`,
      GOOD,
    );
    const bytes = noise(size);
    add(`1 binary of ${size}`, [binary(bytes), BYE], `binary ${shown(bytes.toHex())}`, GOOD);
  }

  add("2 ping", [ping(), BYE], "pong ", GOOD);
  add("2 ping with text", [ping("hi"), BYE], "pong hi", GOOD);
  add("2 ping of 125", [ping("x".repeat(125)), BYE], "pong 125 bytes", GOOD);
  add("2 ping of 126", [ping("x".repeat(126)), BYE], BAD);
  add("2 pong unasked", [pong("hi"), text("a"), BYE], "text a", GOOD);
  add("2 pong, then ping", [pong("a"), ping("b"), BYE], "pong b", GOOD);
  const many = Array.from({ length: 10 }, (_, i) => `${i}`);
  add("2 ten pings", [...many.map(ping), BYE], ...many.map((it) => `pong ${it}`), GOOD);
  const pongs = Array.from({ length: 9000 }, () => frameOf({ opcode: 10 }));
  add("2 thousands of pongs", [...pongs, text("a"), BYE], "text a", GOOD);
  const ab = [text("a", false), ...pongs, more("b"), BYE];
  add("2 thousands of pongs inside a message", ab, "text ab", GOOD);
  const empty = Array.from({ length: 9000 }, () => more("", false));
  const a = [text("a", false), ...empty, more("b"), BYE];
  add("5 thousands of empty fragments", a, "text ab", GOOD);
  add(
    "2 ping between texts",
    [text("a"), ping("b"), text("c"), BYE],
    "text a",
    "pong b",
    "text c",
    GOOD,
  );

  for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
    const odd = frameOf({ opcode: 1, payload: "a", rsv });
    add(`3 reserved bits ${rsv}`, [odd, BYE], BAD);
    add(`3 reserved bits ${rsv} after a text`, [text("a"), odd, text("b")], "text a", BAD);
    add(`3 reserved bits ${rsv} of a ping`, [frameOf({ opcode: 9, rsv })], BAD);
  }

  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    add(`4 opcode ${opcode}`, [frameOf({ opcode, payload: "a" })], BAD);
    add(`4 opcode ${opcode} after a text`, [text("a"), frameOf({ opcode })], "text a", BAD);
  }

  add("5 ping in fragments", [frameOf({ opcode: 9, payload: "a", fin: false }), more("b")], BAD);
  add("5 pong in fragments", [frameOf({ opcode: 10, payload: "a", fin: false }), more("b")], BAD);
  add("5 text in two", [text("a", false), more("b"), BYE], "text ab", GOOD);
  add(
    "5 text in two, a ping between",
    [text("a", false), ping("p"), more("b"), BYE],
    "pong p",
    "text ab",
    GOOD,
  );
  add(
    "5 text in many, pings between",
    [
      ...[text("a", false), ping("1"), more("b", false), ping("2"), more("c", false)],
      ...[pong("no"), more("d"), BYE],
    ],
    "pong 1",
    "pong 2",
    "text abcd",
    GOOD,
  );
  add("5 nothing to continue", [more("a"), text("b")], BAD);
  add("5 nothing to continue, not final", [more("a", false), text("b")], BAD);
  add("5 a continuation after a text", [text("a"), more("b")], "text a", BAD);
  add("5 a text inside another", [text("a", false), text("b")], BAD);
  add("5 binary inside a text", [text("a", false), binary(utf8("b"))], BAD);
  add("5 empty fragments", [text("", false), more("", false), more(""), BYE], "text ", GOOD);
  add(
    "5 empty, then something",
    [text("", false), more("a", false), more(""), BYE],
    "text a",
    GOOD,
  );

  add("6 two-byte characters", [text("Grüße"), BYE], "text Grüße", GOOD);
  const emoji = utf8("κόσμε 👋");
  for (let at = 0; at <= emoji.length; at++) {
    const [one, two] = [emoji.subarray(0, at), emoji.subarray(at)];
    add(`6 cut at ${at}`, [text(one, false), more(two), BYE], "text κόσμε 👋", GOOD);
  }
  const wrong: [string, number[]][] = [
    ["a lone continuation", [0x80]],
    ["two of them", [0xbf, 0x80]],
    ["an end in the middle", [0xce]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an overlong NUL", [0xe0, 0x80, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["over the end of Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ["bytes that are never used", [0xfe, 0xff]],
  ];
  for (const [what, bytes] of wrong) {
    const odd = Uint8Array.from([0x61, ...bytes, 0x62]);
    add(`6 ${what}`, [text(odd)], NO_TEXT);
    add(`6 ${what} after a text`, [text("ü"), text(odd), text("c")], "text ü", NO_TEXT);
    add(`6 ${what} as bytes`, [binary(odd), BYE], `binary ${odd.toHex()}`, GOOD);
  }

  add("7 close", [BYE], GOOD);
  add("7 close without a code", [closeFrame()], "close");
  add("7 close with a reason", [closeFrame(1000, "bye")], GOOD);
  add("7 close with a long reason", [closeFrame(1000, "x".repeat(123))], GOOD);
  add("7 close of 126", [closeFrame(1000, "x".repeat(124))], BAD);
  add("7 close of one byte", [closeFrame(undefined, "a")], BAD);
  add("7 a reason that is no text", [closeFrame(1000, Uint8Array.of(0xff))], NO_TEXT);
  add("7 nothing is read after a close", [text("a"), BYE, text("b"), ping()], "text a", GOOD);
  add("7 close in a message", [text("a", false), BYE], GOOD);
  for (const code of [1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
    add(`7 code ${code}`, [closeFrame(code)], `close ${code}`);
  }
  for (const code of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535]) {
    add(`7 code ${code} may not be sent`, [closeFrame(code)], BAD);
  }

  add("x no mask", [frameOf({ opcode: 1, payload: "a", masked: false })], BAD);
  for (const size of [65_536, 1_000_000]) {
    const bytes = noise(size);
    add(
      `9 binary of ${size} in fragments`,
      [
        ...fragments(bytes, 4096),
        BYE,
      ],
      `binary ${size} bytes`,
      GOOD,
    );
    add(
      `9 binary of ${size}`,
      [binary(bytes), text("a"), BYE],
      `binary ${size} bytes`,
      "text a",
      GOOD,
    );
  }
  return all;
}

function fragments(bytes: Uint8Array, size: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const [opcode, fin] = [at === 0 ? 2 : 0, at + size >= bytes.length];
    all.push(frameOf({ opcode, payload: bytes.subarray(at, at + size), fin }));
  }
  return all;
}
