import { logfmt } from "../../lib/log/logfmt.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { clientEvents, serverEvents } from "../support/events.ts";
import { parseLine } from "../support/logfmt.ts";
import { utf8 } from "../support/sources.ts";
import { Audit } from "./audit.ts";

const PURE = { permissions: "none" } as const;
const { message, "client-close": close } = serverEvents;
const says = (text: string) => logfmt({ ...message, payload: utf8(text), bytes: text.length });
const ends = (messages: number, bytes: number) => logfmt({ ...close, messages, bytes });
const tally = { port: 50512, messages: 2, bytes: 9 };

Deno.test("parseLine() reads every event back", PURE, () => {
  for (const event of [...Object.values(serverEvents), ...Object.values(clientEvents)]) {
    assertEquals(parseLine(logfmt(event)).event, event.type);
  }
  const text = 'a "b" \\ c=d \\" \n\x1b[2J 世界 \\';
  const fields = parseLine(logfmt({ ...message, payload: utf8(text) }));
  assertEquals([fields.text, fields.peer], [text, "[::1]:50512"]);
});

Deno.test("parseLine() refuses what is no logfmt", PURE, () => {
  for (const line of ["", "a", "a=", "a=b ", "a=b  c=d", 'a="b', 'a="b"c', 'a=b"', 'a="\\x"']) {
    assertThrows(() => parseLine(line), Error, undefined);
  }
});

Deno.test("an audit is content when log and clients agree", PURE, () => {
  const audit = new Audit();
  for (const line of [says("hello"), says("you!"), ends(2, 9)]) audit.take(line);
  audit.expect(tally);
  audit.close();
  assertEquals([audit.lines, audit.messages], [3, 2]);
});

Deno.test("an audit finds messages that are missing, doubled, or of nobody", PURE, () => {
  for (const lines of [[ends(2, 9)], [says("hello"), says("you!"), says("you!"), ends(2, 9)]]) {
    const audit = new Audit();
    assertThrows(() => lines.forEach((line) => audit.take(line)), Error, "the log has");
  }
  const forgetful = new Audit();
  forgetful.take(says("hello"));
  assertThrows(() => forgetful.close(), Error, "does not close 1 connections");
  for (const known of [{ ...tally, port: 1 }, { ...tally, messages: 3 }, { ...tally, bytes: 8 }]) {
    const audit = new Audit();
    for (const line of [says("hello"), says("you!"), ends(2, 9)]) audit.take(line);
    audit.expect(known);
    assertThrows(() => audit.close(), Error, "does not know");
  }
});
