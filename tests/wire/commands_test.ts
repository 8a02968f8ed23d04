import { commandOf } from "../../lib/wire/commands.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { assertEquals } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

Deno.test("commandOf() knows quit, exit and the empty text, exactly", PURE, () => {
  assertEquals(commandOf(Kind.text, utf8("quit")), "quit");
  assertEquals(commandOf(Kind.text, utf8("exit")), "exit");
  assertEquals(commandOf(Kind.text, utf8("")), "empty");
  for (const text of ["Quit", "quit ", " exit", "exi", "quits", " ", "\n", "é"]) {
    assertEquals(commandOf(Kind.text, utf8(text)), null, text);
  }
});

Deno.test("commandOf() finds no command in bytes", PURE, () => {
  for (const text of ["quit", "exit", ""]) assertEquals(commandOf(Kind.bytes, utf8(text)), null);
});
