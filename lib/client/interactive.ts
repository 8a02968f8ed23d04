/**
 * Interactive mode: sends the lines that a user types at a prompt.
 *
 * @module
 */
import { RepeatedRace } from "../race.ts";
import type { Client } from "./client.ts";

const utf8 = new TextEncoder();

/**
 * Sends each line of `nextLine` until a command or the end of the input (null). Settles after the
 * last response. Rejects like `client.finished`, immediately, also while `nextLine` is pending.
 */
export async function runInteractive(
  client: Client,
  nextLine: () => Promise<string | null>,
): Promise<void> {
  const disconnected = new RepeatedRace(client.finished.then(() => null));
  for (;;) {
    const line = await disconnected.run(nextLine());
    if (line === null) return await client.end();
    if (await client.send(utf8.encode(line))) return await client.finished;
  }
}
