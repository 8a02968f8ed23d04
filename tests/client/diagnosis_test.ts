import { diagnose, quoted } from "../../lib/client/diagnosis.ts";
import { assertEquals } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

Deno.test("diagnose() names the mistake behind a wrong echo", PURE, () => {
  const wanted = utf8("Grüße 1\n");
  const mistakes: [string, string | null][] = [
    ["GRÜSSE 1", null],
    ["GRüßE 1\n", "changes letters to upper case"],
    ["grüße 1\n", "changes letters to lower case"],
    ["> Grüße 1\n", 'puts "> " before the message'],
    ["Grüße 1!\n", 'puts "!" after the message'],
    ["Grüße 1\r\n", "changes the line end to CR LF"],
    ["Grüße 1", "leaves out the line end"],
    ["Grüße 1next\nlast\n", "leaves out the line end"],
    ["{Grüße 1}\n", "puts other text around the message"],
    ["Gr\ufffde 1\n", "decodes the bytes as text, and loses those that are no UTF-8"],
    ["\0\0\0\0", "pads with NUL bytes: it sends its whole buffer, not only what came"],
    ["first\nsecond\n", "sends a message back twice"],
    [
      "zero",
      "sends a part of an older message again: it sends its whole buffer, not only what came",
    ],
    ["something else\n", null],
  ];
  const earlier = ["first\n", "before zero\n"].map(utf8);
  for (const [received, mistake] of mistakes) {
    assertEquals(diagnose({ received: utf8(received), wanted, earlier }), mistake, received);
  }
  const reversed = wanted.toReversed();
  assertEquals(
    diagnose({ received: reversed, wanted, earlier: [] }),
    "sends the bytes in reverse order",
  );
});

Deno.test("diagnose() also tells of bytes that nothing was sent for", PURE, () => {
  const of = (received: string) =>
    diagnose({ received: utf8(received), wanted: null, earlier: [utf8("one\n")] });
  assertEquals([of("one\n"), of("welcome")], ["sends a message back twice", null]);
});

Deno.test("quoted() shows the beginning of a text, and of other bytes their digits", PURE, () => {
  assertEquals(quoted(utf8("hi")), '"hi"');
  assertEquals(quoted(utf8("ü".repeat(30))), `"${"ü".repeat(20)}..."`);
  assertEquals(quoted(new Uint8Array([0xff, 0])), "0xff00");
});
