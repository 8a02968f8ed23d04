import { pipeLines } from "../../lib/client/pipe.ts";
import { runInteractive, type TypedLines } from "../../lib/client/interactive.ts";
import { Failure } from "../../lib/failure.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { pieces, utf8 } from "../support/sources.ts";
import { meet, type Stranger } from "../support/stranger.ts";

/** Echoes every message until the client ends or sends a command. Returns the received texts. */
async function echoAll({ conn, receive }: Stranger): Promise<string[]> {
  const received: string[] = [];
  for (;;) {
    const message = await receive();
    if (message === null) break;
    const text = new TextDecoder().decode(message.payload);
    received.push(text);
    if (["", "exit"].includes(text)) break;
    await conn.write(message.raw);
  }
  await conn.closeWrite();
  return received;
}

Deno.test("pipeLines() sends each line and settles after the last echo", async () => {
  await using meeting = await meet();
  const { client, recorder, stranger } = meeting;
  const echoed = echoAll(stranger);
  await pipeLines(client, new ByteReader(pieces(utf8("a\nb"), utf8("c\r\nd"))));
  assertEquals(await echoed, ["a", "bc", "d"]);
  assertEquals((await recorder.wait("closed")).messages, 3);
});

Deno.test("pipeLines() sends invalid UTF-8 unchanged", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const piped = pipeLines(client, new ByteReader(pieces(new Uint8Array([0xff, 0x00, 0x0a]))));
  assertEquals((await stranger.receive())?.payload, new Uint8Array([0xff, 0x00]));
  await stranger.conn.write(new Uint8Array([0, 0, 0, 3, 1, 0xff, 0x00]));
  await stranger.conn.closeWrite();
  await piped;
});

Deno.test("pipeLines() ends at a command, and rejects if more lines follow", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const echoed = echoAll(stranger);
  await pipeLines(client, new ByteReader(pieces(utf8("a\nexit\n"))));
  assertEquals(await echoed, ["a", "exit"]);

  await using other = await meet();
  const otherEchoed = echoAll(other.stranger);
  const { kind, message } = await assertRejects(
    () => pipeLines(other.client, new ByteReader(pieces(utf8("a\n\nb\n")))),
    Failure,
  );
  assertEquals(await otherEchoed, ["a", ""]);
  assertEquals([kind, message], [
    "failed",
    "cannot send the input after line 2: that line is empty, and the empty message ends the connection",
  ]);
});

/** Lines that are typed ahead. */
function typed(lines: (string | null)[]): TypedLines {
  return {
    next: () => Promise.resolve(lines.shift() ?? null),
    get hasMore() {
      return lines.length > 0;
    },
  };
}

Deno.test("runInteractive() names the line of a paste that ended it before its end", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const echoed = echoAll(stranger);
  const failure = await assertRejects(() => runInteractive(client, typed(["a", "", "b"])), Failure);
  assertEquals(await echoed, ["a", ""]);
  assertEquals(
    failure.message,
    "cannot send the input after line 2: that line is empty, and the empty message ends the connection",
  );
});

Deno.test("runInteractive() rejects immediately when the server disconnects during the prompt", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const running = runInteractive(client, { next: () => new Promise(() => {}), hasMore: false });
  await stranger.conn.closeWrite();
  await assertRejects(() => running, Failure, "the server closed it");
});

Deno.test("runInteractive() ends at the end of the input, after all echoes", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  const echoed = echoAll(stranger);
  const lines = ["one", "two", null];
  await runInteractive(client, typed(lines));
  assertEquals(await echoed, ["one", "two"]);
});
