import { EventForwarder } from "../../lib/server/event_forwarder.ts";
import type { ToPrimary } from "../../lib/server/worker_messages.ts";
import { visiting } from "../support/visiting.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { serverEvents } from "../support/events.ts";
import { utf8 } from "../support/sources.ts";

type Message = Extract<ToPrimary, { type: "events" }>;

function forward() {
  const posted: Message[] = [];
  const forwarder = new EventForwarder(true, (message) => void posted.push(message));
  return { posted, forwarder };
}

const messagesOf = (...payloads: Uint8Array[]) => {
  const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
  const { type: _, payload: __, ...fields } = serverEvents.message;
  const counts = { count: payloads.length, bytes };
  return { ...fields, ...counts, type: "messages", forEachPayload: visiting(...payloads) } as const;
};

Deno.test("forwarder: events of one turn are one message, in their order", async () => {
  const { posted, forwarder } = forward();
  void forwarder.emit(serverEvents.command);
  void forwarder.emit(messagesOf(utf8("a"), utf8("b")));
  assertEquals(posted.length, 0);
  await forwarder.flush();
  assertEquals(posted.map(({ events }) => events.map(({ type }) => type)), [[
    "command",
    "messages",
  ]]);
  await new Promise((resolve) => setTimeout(resolve)); // the timer has nothing left to send
  assertEquals(posted.length, 1);
});

Deno.test("forwarder: payloads are copies", async () => {
  const { posted, forwarder } = forward();
  const payload = utf8("abc");
  void forwarder.emit(messagesOf(payload));
  payload.fill(0);
  await forwarder.flush();
  const [event] = posted[0]!.events;
  assert(event?.type === "messages");
  assertEquals(event.payloads, [utf8("abc")]);
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("forwarder: over 1 MiB without acknowledgement the connection waits", async () => {
  const { posted, forwarder } = forward();
  const half = new Uint8Array(512 * 1024);
  assertEquals(forwarder.emit(messagesOf(half)), undefined);
  const full = forwarder.emit(messagesOf(half));
  assert(full instanceof Promise);
  let isOpen = false;
  void full.then(() => isOpen = true);
  await forwarder.flush();
  assertEquals(posted[0]!.bytes, forwarder.unacked);
  assertEquals(isOpen, false);
  forwarder.ack(posted[0]!.bytes);
  await full;
  assertEquals(forwarder.unacked, 0);
  await new Promise((resolve) => setTimeout(resolve));
});
