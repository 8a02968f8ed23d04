import fc from "fast-check";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { levelOf } from "../../lib/log/level.ts";
import { logfmt } from "../../lib/log/logfmt.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { clientEvents, serverEvents } from "../support/events.ts";
import { assertSafe } from "../support/hostile.ts";

type AnyEvent = ServerEvent | ClientEvent;

const PURE = { permissions: "none" } as const;
const BOUND = 32 * 1024;
const EVENTS: AnyEvent[] = [...Object.values(serverEvents), ...Object.values(clientEvents)];
const utf8 = new TextEncoder();

/** A reader of logfmt that takes nothing but `key=value`, single spaces and JSON's escapes. */
function parse(line: string): [key: string, value: string][] {
  assertSafe(line);
  const pairs: [string, string][] = [];
  const pair = /([a-zA-Z]+)=(?:([^\s"=\\]+)|("(?:[^"\\]|\\.)*"))(?: (?=.)|$)/gy;
  while (pair.lastIndex < line.length) {
    const at = pair.lastIndex;
    const [, key, bare, quoted] = pair.exec(line) ?? [];
    assert(key !== undefined, `no pair at ${at} of ${line}`);
    pairs.push([key, bare ?? JSON.parse(quoted!)]);
  }
  return pairs;
}

/** A text as it is, or the first bytes of what is not text. */
function shown(payload: Uint8Array): [key: string, value: string] {
  try {
    return ["text", new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload)];
  } catch {
    return ["hex", payload.subarray(0, 32).toHex()];
  }
}

/** What the line has to say of the event, in the event's own order. */
function expected(event: AnyEvent, level: string): [key: string, value: string][] {
  const { type, time, ...rest } = event;
  // A message says its size besides, which is written once.
  if ("payload" in rest && "bytes" in rest) delete (rest as { bytes?: number }).bytes;
  const pairs: [string, string][] = [
    ["time", new Date(time).toISOString()],
    ["level", level],
    ["event", type],
  ];
  for (const [key, value] of Object.entries(rest)) {
    if (value instanceof Uint8Array) {
      pairs.push(["bytes", `${value.length}`], shown(value));
    } else if (key === "peer") {
      const { hostname, port } = value;
      pairs.push([
        "peer",
        hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`,
      ]);
    } else if (value !== undefined) pairs.push([key, `${value}`]);
  }
  return pairs;
}

const TIME = "time=2026-11-21T02:20:10.915Z";

Deno.test("logfmt writes a message as the design has it", PURE, () => {
  assertEquals(
    logfmt({
      ...serverEvents.message,
      bytes: 12,
      payload: utf8.encode("hello, world"),
    }),
    `${TIME} level=info event=message conn=3 peer="[::1]:50512" bytes=12 text="hello, world"`,
  );
});

Deno.test("logfmt quotes peer and text always, other values where they need it", PURE, () => {
  const peer = { hostname: "127.0.0.1", port: 1 };
  assertEquals(
    logfmt({ ...serverEvents.message, peer }),
    `${TIME} level=info event=message conn=3 peer="127.0.0.1:1" bytes=5 text="hello"`,
  );
  assertEquals(
    logfmt(serverEvents["client-close"]),
    `${TIME} level=warn event=client-close conn=3 peer="[::1]:50512" reason=truncated messages=1 ` +
      `bytes=5 detail="7 of 12 bytes of a frame came"`,
  );
  assertEquals(
    logfmt(serverEvents["server-start"]),
    `${TIME} level=info event=server-start hostname="::" port=12345 advertisedAddress=192.168.1.3 ` +
      "broadcast=false noDelay=true",
  );
});

Deno.test("logfmt says all of each event, in its order", PURE, () => {
  for (const event of EVENTS) assertEquals(parse(logfmt(event)), expected(event, levelOf(event)));
});

Deno.test("logfmt leaves out a detail that is not there", PURE, () => {
  const { detail: _, ...event } = serverEvents["client-close"];
  assertEquals(parse(logfmt(event)), expected(event, "warn"));
});

Deno.test("logfmt makes one line of whatever comes from outside, and it reads back", PURE, () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const text = fc.string({ unit: "binary" });
  const special = fc.array(fc.constantFrom(..."\n\r\t\0\x1b\x7f\x9b\u2028\u202e\ufeff\"'\\= ab😀"))
    .map((chars) => chars.join(""));
  const texts = fc.oneof(text, special);
  const payloads = fc.oneof(bytes, texts.map((it) => utf8.encode(it)));
  fc.assert(fc.property(payloads, texts, (payload, text) => {
    const events: AnyEvent[] = [
      { ...serverEvents["server-start"], hostname: text, advertisedAddress: text },
      { ...serverEvents["client-connect"], dialect: text },
      {
        ...serverEvents.message,
        bytes: payload.length,
        payload,
        peer: { hostname: text, port: 1 },
      },
      { ...clientEvents.notice, text },
      { ...clientEvents.broadcast, sender: text, payload },
      { ...clientEvents.echoed, payload },
    ];
    for (const event of events) assertEquals(parse(logfmt(event)), expected(event, "info"));
    const warning = { ...serverEvents["client-close"], detail: text };
    assertEquals(parse(logfmt(warning)), expected(warning, "warn"));
    const error = { ...clientEvents.failed, problem: text };
    assertEquals(parse(logfmt(error)), expected(error, "error"));
  }));
});

Deno.test("logfmt cuts a long message, between characters, and says so", PURE, () => {
  const end = (text: string) =>
    parse(logfmt({ ...clientEvents.sending, payload: utf8.encode(text) }));
  const fits = "x".repeat(BOUND);
  assertEquals(end(fits).slice(3), [["bytes", `${BOUND}`], ["text", fits]]);
  assertEquals(end(fits + "y").slice(3), [
    ["bytes", `${BOUND + 1}`],
    ["text", fits],
    ["truncated", "true"],
  ]);
  for (const before of [1, 2, 3]) { // bytes of the character that are within the bound
    const text = "x".repeat(BOUND - before);
    assertEquals(end(text + "😀").slice(4), [["text", text], ["truncated", "true"]]);
  }
  const whole = "x".repeat(BOUND - 4) + "😀";
  assertEquals(end(whole + "y").slice(4), [["text", whole], ["truncated", "true"]]);
});

Deno.test(
  "logfmt tells the size and the first 32 bytes of a message that is not UTF-8",
  PURE,
  () => {
    const end = (payload: Uint8Array) =>
      parse(logfmt({ ...clientEvents.sending, payload })).slice(3);
    assertEquals(end(new Uint8Array([0xff, 0])), [["bytes", "2"], ["hex", "ff00"]]);
    const long = new Uint8Array(BOUND + 1).fill(0x80);
    assertEquals(end(long), [["bytes", `${BOUND + 1}`], ["hex", "80".repeat(32)]]);
  },
);

Deno.test("logfmt cuts a long notice, between characters, and says so", PURE, () => {
  const end = (text: string) => parse(logfmt({ ...clientEvents.notice, text })).slice(3);
  const fits = "é".repeat(BOUND);
  assertEquals(end(fits), [["text", fits]]);
  assertEquals(end(fits + "y"), [["text", fits], ["truncated", "true"]]);
  const text = "x".repeat(BOUND - 1);
  assertEquals(end(text + "😀"), [["text", text], ["truncated", "true"]]);
});

Deno.test("logfmt takes each event's own time and peer", PURE, () => {
  const { message } = serverEvents;
  const other = { ...message, time: message.time + 1, peer: { hostname: "::2", port: 2 } };
  for (const event of [message, other, message, other]) {
    assertEquals(parse(logfmt(event)), expected(event, "info"));
  }
});
