import { pipeLines } from "../../lib/client/pipe.ts";
import { runInteractive } from "../../lib/client/interactive.ts";
import { Failure } from "../../lib/failure.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { pieces, utf8 } from "../support/sources.ts";
import { meet, type Stranger } from "../support/stranger.ts";

/** Echoes until the client has ended; commands only close. Returns what came. */
async function echoAll({ conn, receive }: Stranger): Promise<string[]> {
  const came: string[] = [];
  for (;;) {
    const message = await receive();
    if (message === null) break;
    const text = new TextDecoder().decode(message.payload);
    came.push(text);
    if (["", "exit"].includes(text)) break;
    await conn.write(message.raw);
  }
  await conn.closeWrite();
  return came;
}

Deno.test("pipeLines() sends each line and settles when the last echo is back", async () => {
  await using meeting = await meet();
  const { client, recorder, stranger } = meeting;
  const echoed = echoAll(stranger);
  await pipeLines(client, new ByteReader(pieces(utf8("a\nb"), utf8("c\r\nd"))));
  assertEquals(await echoed, ["a", "bc", "d"]);
  assertEquals((await recorder.wait("closed")).messages, 3);
});

Deno.test("pipeLines() sends the bytes of a line that is not UTF-8 as they are", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const piped = pipeLines(client, new ByteReader(pieces(new Uint8Array([0xff, 0x00, 0x0a]))));
  assertEquals((await stranger.receive())?.payload, new Uint8Array([0xff, 0x00]));
  await stranger.conn.write(new Uint8Array([0, 0, 0, 3, 1, 0xff, 0x00]));
  await stranger.conn.closeWrite();
  await piped;
});

Deno.test("pipeLines() ends with a command, and says so if there is more", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const echoed = echoAll(stranger);
  await pipeLines(client, new ByteReader(pieces(utf8("a\nexit\n"))));
  assertEquals(await echoed, ["a", "exit"]);

  await using other = await meet();
  const rest = echoAll(other.stranger);
  const { kind, message } = await assertRejects(
    () => pipeLines(other.client, new ByteReader(pieces(utf8("a\n\nb\n")))),
    Failure,
  );
  assertEquals(await rest, ["a", ""]);
  assertEquals([kind, message], [
    "failed",
    "cannot send the input after line 2: that line is empty, and the empty message ends the connection",
  ]);
});

Deno.test("talk() rejects at once when the server goes while the person sits at the prompt", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const talking = runInteractive(client, () => new Promise(() => {})); // nobody types
  await stranger.conn.closeWrite();
  await assertRejects(() => talking, Failure, "the server closed it");
});

Deno.test("talk() ends at the end of the input, when all echoes are back", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const echoed = echoAll(stranger);
  const lines = ["one", "two", null];
  await runInteractive(client, () => Promise.resolve(lines.shift() ?? null));
  assertEquals(await echoed, ["one", "two"]);
});
