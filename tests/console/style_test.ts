import fc from "fast-check";
import type { ClientEvent } from "../../lib/client/events.ts";
import { type MessageLook, putMessageLines } from "../../lib/console/messages.ts";
import { LineBuffer } from "../../lib/text/line_buffer.ts";
import { render, type Style, STYLES } from "../../lib/console/style.ts";
import type { MessageReceived, MessagesReceived, ServerEvent } from "../../lib/server/events.ts";
import { jsonLine, safeText } from "../../lib/text/escape.ts";
import { visiting } from "../support/visiting.ts";
import { assertEquals } from "../support/assert.ts";
import { clientEvents, serverEvents } from "../support/events.ts";
import { assertSafe, HOSTILE_TEXTS } from "../support/hostile.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The clock of banner is local. */
const LOCAL = { permissions: "none" } as const;

function linesOfBatch(...[look, event]: [MessageLook, MessagesReceived]): string {
  const lines = new LineBuffer();
  putMessageLines(lines, look, event);
  return decoder.decode(lines.take());
}

/** The lines of one message in a style, without the end of the last one; null for none. */
function shownMessage({ messages }: Style, event: MessageReceived): string | null {
  if (messages === undefined) return null;
  const { payload, ...rest } = event;
  const batch = { ...rest, type: "messages", count: 1, forEachPayload: visiting(payload) } as const;
  return linesOfBatch(messages, batch).slice(0, -1);
}

function shownServer(style: Style, event: ServerEvent): string | null {
  return event.type === "message" ? shownMessage(style, event) : render(style.server, event);
}

function linesOf(style: Style): { server: string[]; client: string[] } {
  const shown = (text: string | null) => text === null ? [] : text.split("\n");
  return {
    server: Object.values(serverEvents).flatMap((event) => shown(shownServer(style, event))),
    client: Object.values(clientEvents).flatMap((event) => shown(render(style.client, event))),
  };
}

Deno.test("transcript shows what 002 shows, and what it leaves out", LOCAL, () => {
  const { server, client } = linesOf(STYLES.transcript);
  assertEquals(server, [
    "server is at address: 192.168.1.3",
    "server is using port: 12345",
    "client at address: [::1]:50512 could not connect (not done within 10 s)",
    "server connected to client at address: ::1",
    'server received message: "hello"',
    "the client had informed the server that it is quitting",
    "client at address: [::1]:50512 was too slow and missed 7 messages",
    "client at address: [::1]:50512 has left in the middle of a message (7 of 12 bytes of a frame came)",
    "client at address: [::1]:50512 was lost to a fault in echo: it is broken",
    "server harms client at address: [::1]:50512: truncate after 5 bytes",
    "server cannot accept a client: Too many open files (os error 24)",
    "server's certificate ends on 2026-11-22",
    "server echoes datagrams on UDP port: 12345",
    'server received datagram from [::1]:50512: "hello"',
    "server did not answer 7 datagrams from [::1]:50512: there are too many",
    "server cannot answer a datagram: Network is unreachable (os error 101)",
    "server shares room try at 127.0.0.1:4222",
    "server is cut off from room try: connection refused",
    "server missed 3 messages of other servers",
  ]);
  assertEquals(client, [
    "client harms what it sends: truncate after 5 bytes",
    "client had connected to the server!",
    "server says: Welcome to my server",
    'client sending message: "hello"',
    'server echoed: "hello"',
    '[::1]:50514 says: "hello"',
    "client informing server that it is quitting.",
    "client received message log.",
    "hello",
    'client sending again: "hello"',
    'server did not echo: "hello"',
  ]);
});

Deno.test("banner shows what 001 shows, in local time", LOCAL, () => {
  const date = new Date(serverEvents.message.time);
  const two = (number: number) => String(number).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const day = `${two(date.getDate())}/${two(date.getMonth() + 1)}/${date.getFullYear()}`;
  const { server, client } = linesOf(STYLES.banner);
  assertEquals(server, [
    `--- Starting server on port 12345 at ${clock} ${day} ---`,
    `[${clock} ${day}] Echoed: 'hello'`,
    `[${clock} ${day}] Echoed: 'hello'`,
    `--- Stopping server on port 12345 at ${clock} ${day} ---`,
  ]);
  assertEquals(client, ["Welcome to my server", "hello", "[::1]:50514: hello", "hello"]);
});

Deno.test("python shows what 003 shows", LOCAL, () => {
  const { server, client } = linesOf(STYLES.python);
  assertEquals(server, ["Connected by ('::1', 50512, 0, 0)"]);
  const received = "Received b'hello'";
  assertEquals(client, ["Welcome to my server", received, received, received]);
});

Deno.test("plus shows what 004 shows", LOCAL, () => {
  const { server, client } = linesOf(STYLES.plus);
  assertEquals(server, [
    "[+] Open port 12345",
    "[+] Broadcast option: False",
    "",
    "[+] Created socket",
    "[+] Binding socket to port: 12345",
    "",
    "[+] Connection established | IP ::1 Port 50512",
    "hello",
    "hello",
  ]);
  assertEquals(client, ["", "", "Welcome to my server", "", "", "hello", "hello", "hello"]);
});

Deno.test("json shows every event with all of its fields, one object a line", LOCAL, () => {
  const { server, client } = linesOf(STYLES.json);
  const events = [...Object.values(serverEvents), ...Object.values(clientEvents)];
  for (const [i, line] of [...server, ...client].entries()) {
    const { type, time, ...fields } = events[i] as ServerEvent & { payload?: Uint8Array };
    const { payload, ...rest } = fields;
    if (type === "message") delete (rest as { bytes?: number }).bytes; // its size
    const message = payload === undefined ? {} : { size: payload.length, text: "hello" };
    const wanted = { time: new Date(time).toISOString(), event: type, ...rest, ...message };
    assertEquals(JSON.parse(line), wanted);
  }
  assertEquals(server.length + client.length, events.length);
});

Deno.test("a long message is shown by its beginning, and how long it is", LOCAL, () => {
  const long = { ...serverEvents.message, bytes: 100_000 };
  const shown = shownMessage(STYLES.transcript, long);
  assertEquals(shown, 'server received message: "hello... (100000 bytes)"');
  const { size, truncated } = JSON.parse(shownMessage(STYLES.json, long)!);
  assertEquals([size, truncated], [100_000, true]);
});

Deno.test("a message that is not text is shown by its size and its first 32 bytes", LOCAL, () => {
  const short = { ...serverEvents.message, bytes: 2, payload: new Uint8Array([0xff, 0]) };
  const wanted = 'server received message: "2 bytes, not text: ff00"';
  assertEquals(shownMessage(STYLES.transcript, short), wanted);
  assertEquals(JSON.parse(shownMessage(STYLES.json, short)!).base64, "/wA=");
  const long = { ...short, bytes: 100, payload: new Uint8Array(100).fill(0xff) };
  assertEquals(shownMessage(STYLES.plus, long), `100 bytes, not text: ${"ff".repeat(32)}...`);
  const { size, base64, truncated } = JSON.parse(shownMessage(STYLES.json, long)!);
  const first = long.payload.subarray(0, 32).toBase64();
  assertEquals([size, base64, truncated], [100, first, true]);
});

Deno.test("many messages at once are shown as the functions for strings show each", LOCAL, () => {
  const { time, conn, peer } = serverEvents.message;
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
  const wellFormed = text.filter((it) => it.isWellFormed());
  fc.assert(fc.property(fc.array(wellFormed, { maxLength: 20 }), (texts) => {
    const payloads = texts.map((it) => new TextEncoder().encode(it));
    const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
    const counts = { count: payloads.length, bytes, forEachPayload: visiting(...payloads) };
    const batch = { type: "messages", time, conn, peer, ...counts } as const;
    const linesIn = ({ messages }: Style) => linesOfBatch(messages!, batch);
    const all = (line: (text: string, size: number) => string) =>
      texts.map((text, i) => line(text, payloads[i]!.length) + "\n").join("");
    const { transcript, plus, json } = STYLES;
    assertEquals(linesIn(transcript), all((it) => `server received message: "${safeText(it)}"`));
    assertEquals(linesIn(plus), all(safeText));
    const fields = { time: new Date(time).toISOString(), event: "message", conn, peer };
    assertEquals(linesIn(json), all((text, size) => jsonLine({ ...fields, size, text })));
  }));
});

Deno.test("json shows the client a message that is not UTF-8 whole, in base64", LOCAL, () => {
  const line = render(STYLES.json.client, {
    ...clientEvents.echoed,
    payload: new Uint8Array([0xff, 0]),
  });
  const { size, text, base64 } = JSON.parse(line!);
  assertEquals([size, text, base64], [2, undefined, "/wA="]);
});

for (const [name, style] of Object.entries(STYLES)) {
  Deno.test(
    `${name}: nothing from outside forges a line or reaches the terminal as a control`,
    LOCAL,
    () => {
      const nasty = fc.constantFrom(...Object.values(HOSTILE_TEXTS), "a", '"');
      const text = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(nasty).map((all) => all.join("")),
      );
      const bytes = fc.oneof(
        fc.uint8Array(),
        text.map((all) => Uint8Array.from(new TextEncoder().encode(all))),
      );
      fc.assert(fc.property(text, bytes, (text, payload) => {
        const outside = { text, payload, sender: text, detail: text, problem: text };
        for (const event of Object.values(serverEvents)) {
          check((it) => shownServer(style, it), event as ServerEvent, replaced(event, outside));
        }
        for (const event of Object.values(clientEvents)) {
          check((it) => render(style.client, it), event as ClientEvent, replaced(event, outside));
        }
      }));
    },
  );
}

/** The event with everything in it that comes from outside replaced. */
function replaced<E extends ServerEvent | ClientEvent>(event: E, outside: object): E {
  const entries = Object.entries(outside).filter(([field]) => field in event);
  return { ...event, ...Object.fromEntries(entries) };
}

function check<E>(show: (event: E) => string | null, harmless: E, event: E): void {
  const wanted = show(harmless)?.split("\n").length;
  const shown = show(event)?.split("\n");
  assertEquals(shown?.length, wanted, "as many lines as for a harmless event");
  shown?.forEach(assertSafe);
}
