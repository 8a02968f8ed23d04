import { LogFile } from "../../lib/log/file.ts";
import { log } from "../../lib/log/log.ts";
import { logfmt } from "../../lib/log/logfmt.ts";
import { assertEquals } from "../support/assert.ts";
import { clientEvents, serverEvents } from "../support/events.ts";

Deno.test("log writes one line per event, of either side", async () => {
  const path = await Deno.makeTempFile();
  try {
    const file = await LogFile.open(path, (problem) => {
      throw new Error(problem);
    });
    const events = [...Object.values(serverEvents), ...Object.values(clientEvents)];
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
    const file = await LogFile.open(path, () => {});
    const payload = new TextEncoder().encode("hello");
    const event = { ...serverEvents.message, payload };
    const line = logfmt(event);
    void log(file, event);
    payload.fill(0); // the read buffer is used again
    await file.close();
    assertEquals(await Deno.readTextFile(path), `${line}\n`);
  } finally {
    await Deno.remove(path);
  }
});
