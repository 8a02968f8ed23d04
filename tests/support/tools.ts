/**
 * Programs of others, where they are installed.
 *
 * @module
 */

/** Whether a shell says yes. */
export function holds(script: string): boolean {
  const options: Deno.CommandOptions = { args: ["-c", script], stdout: "null", stderr: "null" };
  return new Deno.Command("sh", options).outputSync().success;
}

/** Whether a program is on the PATH. */
export function hasTool(name: string): boolean {
  return holds(`command -v ${name}`);
}

/** How a program ended. */
export interface Result {
  /** Its exit code. */
  code: number;
  /** What it wrote to standard output. */
  out: string;
  /** What it wrote to standard error. */
  err: string;
}

/** Runs a program to its end. Its input stays open until `until` has been written, or at once ends. */
export async function runTool(
  [command, ...args]: string[],
  { input = "", until = "" }: { input?: string; until?: string } = {},
): Promise<Result> {
  await using child = new Deno.Command(command!, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  const err = new Response(child.stderr).text();
  let out = "";
  if (until === "") await writer.close();
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += piece;
    if (until === "" || !out.includes(until)) continue;
    await writer.close();
    child.kill(); // of datagrams nobody says that they end
    until = "";
  }
  return { code: (await child.status).code, out, err: await err };
}
