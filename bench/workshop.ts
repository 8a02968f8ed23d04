/**
 * What has to be there before anything is measured: programs, a certificate, a port.
 *
 * @module
 */
import { makeAuthority, makeLeaf } from "../lib/certs/authority.ts";
import { start } from "./process.ts";
import { compileLoad, type Contestant } from "./servers.ts";

/** Compiles the load generator and the servers; those that cannot be had are named and left out. */
export async function build(all: Contestant[], directory: string): Promise<Contestant[]> {
  const problem = await compile(compileLoad(directory));
  if (problem !== null) throw new Error(`cannot compile the load generator: ${problem}`);
  const ready: Contestant[] = [];
  for (const contestant of all) {
    const problem = contestant.build ? await compile(contestant.build(directory)) : null;
    if (problem === null) ready.push(contestant);
    else console.log(`without ${contestant.name}: ${problem}`);
  }
  return ready;
}

/** Runs a compiler; null when all went well, or else what it said, in a line. */
export async function compile(command: string[]): Promise<string | null> {
  try {
    const child = start(command, { stdin: "null", stdout: "null", stderr: "piped" });
    const complaint = await new Response(child.stderr).text();
    return (await child.status).success ? null : complaint.trim().split("\n")[0]!;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A certificate for all servers alike, as files in `directory`. */
export async function identity(directory: string): Promise<{ cert: string; key: string }> {
  const leaf = await makeLeaf(await makeAuthority(new Date()), ["localhost", "::1"], new Date());
  const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
  await Deno.writeTextFile(files.cert, leaf.cert);
  await Deno.writeTextFile(files.key, leaf.key, { mode: 0o600 });
  return files;
}

/** A port of `::1`, below those that systems give to clients: these linger after a close. */
export function freePort(): number {
  for (let port = 20_000;; port++) {
    try {
      Deno.listen({ hostname: "::1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
