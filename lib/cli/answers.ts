/**
 * Lines that a person types as an answer.
 *
 * @module
 */
import { recvLine } from "../wire/line.ts";
import type { ByteReader } from "../wire/reader.ts";

/** The longest answer, in bytes. No host, port, fingerprint or command is longer. */
const MAX_ANSWER_BYTES = 1024;

/** The next line, trimmed, or null at the end of the input. Throws `TooLarge` for a long one. */
export async function readAnswer(stdin: ByteReader): Promise<string | null> {
  const line = await recvLine(stdin, MAX_ANSWER_BYTES);
  return line && new TextDecoder().decode(line).trim();
}
