/**
 * The servers of tests/zoo: programs as other people write them.
 *
 * @module
 */

const SERVERS = new URL("../zoo/servers/", import.meta.url).pathname;

/** A server of the zoo. */
export interface Beast extends AsyncDisposable {
  /** Its port. */
  port: number;
  /** Settles when it has ended. */
  status: Promise<unknown>;
}

/** Starts one with these arguments, and waits until it listens on `::1`. */
export async function startBeast(file: string, ...args: string[]): Promise<Beast> {
  const child = new Deno.Command(interpreterOf(file), {
    args: [`${SERVERS}${file}`, ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) said += (await reader.read()).value ?? "\n";
  return {
    port: Number(/listening on (\d+)/.exec(said)![1]),
    status: child.status,
    async [Symbol.asyncDispose]() {
      try {
        child.kill();
      } catch {
        // It has ended.
      }
      await reader.cancel();
      await child.status;
    },
  };
}

/** What runs it. */
export function interpreterOf(file: string): string {
  return file.endsWith(".py") ? "python3" : "node";
}
