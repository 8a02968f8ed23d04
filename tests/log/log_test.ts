import { LogFile } from "../../lib/log/file.ts";
import { log } from "../../lib/log/log.ts";
import { logfmt } from "../../lib/log/logfmt.ts";
import { visiting } from "../support/visiting.ts";
import { assertEquals } from "../support/assert.ts";
import { clientEvents, serverEvents } from "../support/events.ts";

Deno.test("log writes one line per event, of either side", async () => {
  const path = await Deno.makeTempFile();
  try {
    const onProblem = (problem: string) => {
      throw new Error(problem);
    };
    const file = await LogFile.open(path, { maxSize: Infinity, onProblem });
    const { message: _, ...others } = serverEvents; // it comes as one of many: messages_test.ts
    const events = [...Object.values(others), ...Object.values(clientEvents)];
    for (const event of events) assertEquals(log(file, event), undefined);
    await file.close();
    assertEquals(await Deno.readTextFile(path), events.map((it) => `${logfmt(it)}\n`).join(""));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("log has taken what it needs of a message when it returns", async () => {
  const path = await Deno.makeTempFile();
  try {
    const file = await LogFile.open(path, { maxSize: Infinity, onProblem() {} });
    const payload = new TextEncoder().encode("hello");
    const { type: _, payload: __, ...fields } = serverEvents.message;
    const line = logfmt({ ...fields, type: "message", payload });
    void log(file, { ...fields, type: "messages", count: 1, forEachPayload: visiting(payload) });
    payload.fill(0); // the read buffer is used again
    await file.close();
    assertEquals(await Deno.readTextFile(path), `${line}\n`);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("log leaves out events below the level", async () => {
  const path = await Deno.makeTempFile();
  try {
    const file = await LogFile.open(path, { maxSize: Infinity, onProblem() {} });
    const probe = { ...serverEvents["connection-failed"], reason: "probe" } as const;
    const events = [
      probe,
      serverEvents.command,
      serverEvents["accept-failed"],
      clientEvents.failed,
    ];
    const lowest = ["debug", "info", "warn", "error"] as const;
    for (const level of lowest) for (const event of events) void log(file, event, level);
    await file.close();
    const lines = events.map((event) => `${logfmt(event)}\n`);
    const expected = lowest.flatMap((_, i) => lines.slice(i)).join("");
    assertEquals(await Deno.readTextFile(path), expected);
  } finally {
    await Deno.remove(path);
  }
});
