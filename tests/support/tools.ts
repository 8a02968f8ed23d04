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

/** A server that openssl runs. */
export interface OpensslServer extends AsyncDisposable {
  /** Its port, on `::1`. */
  port: number;
}

/** Starts `openssl s_server` with these options on a free port of `::1`, and waits until it listens. */
export async function startOpenssl(...options: string[]): Promise<OpensslServer> {
  using port = Deno.listen({ hostname: "::1", port: 0 });
  const free = port.addr.port;
  port.close();
  const child = new Deno.Command("openssl", {
    args: ["s_server", "-accept", `[::1]:${free}`, "-alpn", "echo/1", ...options],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.stdout.getReader();
  for (let said = ""; !said.includes("ACCEPT");) {
    const { value, done } = await output.read();
    if (done) throw new Error(`openssl did not start: ${said}`);
    said += new TextDecoder().decode(value);
  }
  return {
    port: free,
    async [Symbol.asyncDispose]() {
      child.kill();
      await output.cancel();
      await child.stdin.close().catch(() => {});
      await child.status;
    },
  };
}
