/**
 * Pipe mode: sends each line of standard input as one message.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { RepeatedRace } from "../race.ts";
import { TooLarge } from "../wire/errors.ts";
import { MAX_MESSAGE_BYTES } from "../wire/message.ts";
import { recvLine } from "../wire/line.ts";
import type { ByteReader } from "../wire/reader.ts";
import type { Client } from "./client.ts";

/**
 * Sends every line of `input` and settles after the last echo. A command in the input ends the
 * connection. If lines follow the command, the promise rejects with a `Failure` that names the line.
 * So no input is dropped silently. Rejects like `client.finished` when the connection ends first.
 */
export async function pipeLines(client: Client, input: ByteReader): Promise<void> {
  const disconnected = new RepeatedRace(client.finished.then(() => null));
  for (let number = 1;; number++) {
    const line = await disconnected.run(nextLine(input, number));
    if (line === null) return await client.end();
    const text = new TextDecoder().decode(line);
    if (client.isEnding) return await client.finished; // Ctrl-C has ended the connection
    if (!await client.send(line)) continue;
    await client.finished;
    if (input.available > 0) throw stoppedEarly(number, text);
    return;
  }
}

/**
 * Reads line `number` of the input; null at the end. Throws a `Failure` that names the line when the
 * line has more than `limit` bytes.
 */
export async function nextLine(
  input: ByteReader,
  number: number,
  limit = MAX_MESSAGE_BYTES,
): Promise<Uint8Array | null> {
  try {
    return await recvLine(input, limit);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    const what = `cannot send line ${number} of the input`;
    throw new Failure("failed", { what, why: error.message, hint: "break it into shorter lines" });
  }
}

/** The failure of input that follows the command `text` in line `number`. */
export function stoppedEarly(number: number, text: string): Failure {
  return new Failure("failed", {
    what: `cannot send the input after line ${number}`,
    why: text === ""
      ? "that line is empty, and the empty message ends the connection"
      : `that line is the command "${text}", which ends the connection`,
    hint: "remove that line, or send what follows it in a run of its own",
  });
}
