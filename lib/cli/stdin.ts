/**
 * Standard input as bytes.
 *
 * @module
 */
import { stdinIsTerminal, stdinReader, terminalSource } from "../console/keyboard.ts";
import { Failure, reasonOf } from "../failure.ts";
import { byobSource, type ByteSource } from "../wire/io.ts";
import { ByteReader } from "../wire/reader.ts";

/**
 * Opens standard input; a terminal can be opened again after its end. It is untouched until the first
 * read: a line editor may need it instead. A read rejects with a `Failure` where it is a directory,
 * or may not be read.
 */
export function openStdin(): ByteReader {
  let source: ByteSource | undefined;
  const open = () => stdinIsTerminal() ? terminalSource : byobSource(stdinReader());
  return new ByteReader({
    read: (view) =>
      (source ??= open()).read(view).catch((cause) => {
        const what = "cannot read standard input";
        throw new Failure("failed", { what, why: reasonOf(cause), cause });
      }),
  });
}
