/**
 * Interactive mode: sends the lines that a user types at a prompt.
 *
 * @module
 */
import { RepeatedRace } from "../race.ts";
import type { Client } from "./client.ts";
import { stoppedEarly } from "./pipe.ts";

const utf8 = new TextEncoder();

/** Where typed lines come from. */
export interface TypedLines {
  /** The next line; null at the end of the input. */
  next(): Promise<string | null>;
  /** Whether lines wait that are not empty, as after a paste. */
  readonly hasMore: boolean;
}

/**
 * Sends each line of `lines` until a command or the end of the input (null). Settles after the
 * last response. Rejects like `client.finished`, immediately, also while a line is awaited. A
 * command ends the connection: if pasted lines follow it, the promise rejects with a `Failure`.
 */
export async function runInteractive(
  client: Client,
  lines: TypedLines,
): Promise<void> {
  const disconnected = new RepeatedRace(client.finished.then(() => null));
  for (let number = 1;; number++) {
    const line = await disconnected.run(lines.next());
    if (line === null) return await client.end();
    if (!await client.send(utf8.encode(line))) continue;
    await client.finished;
    if (lines.hasMore) throw stoppedEarly(number, line);
    return;
  }
}
