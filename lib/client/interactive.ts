/**
 * A person at a prompt.
 *
 * @module
 */
import type { Client } from "./client.ts";

const utf8 = new TextEncoder();

/**
 * Sends what the person types, line by line, until a command or the end of the input (null);
 * settles when the last answer is there. Rejects like `client.finished`, at once also while the
 * person sits at the prompt.
 */
export async function runInteractive(
  client: Client,
  nextLine: () => Promise<string | null>,
): Promise<void> {
  const gone = client.finished.then(() => null);
  for (;;) {
    const line = await Promise.race([nextLine(), gone]);
    if (line === null) return await client.end();
    if (await client.send(utf8.encode(line))) return await client.finished;
  }
}
