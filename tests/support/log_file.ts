/**
 * Log files for tests, in a folder of their own.
 *
 * @module
 */
import { LogFile } from "../../lib/log/file.ts";

/** A folder that goes away with everything in it. */
export async function folder() {
  const path = await Deno.makeTempDir();
  return {
    path,
    log: `${path}/echo.log`,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** The log at the path, and what it has told. */
export async function opened(path: string, maxSize = Infinity) {
  const problems: string[] = [];
  const onProblem = (problem: string) => problems.push(problem);
  return { problems, file: await LogFile.open(path, { maxSize, onProblem }) };
}
