/**
 * What has to be there before anything is measured: programs, a certificate, a port.
 *
 * @module
 */
import { makeAuthority, makeLeaf } from "../lib/certs/authority.ts";
import { start } from "./process.ts";
import type { Contestant } from "./servers.ts";

/** The servers that can be had, compiled to `directory`; the others are named and left out. */
export async function available(all: Contestant[], directory: string): Promise<Contestant[]> {
  const ready: Contestant[] = [];
  for (const contestant of all) {
    const problem = await prepare(contestant, directory);
    if (problem === null) ready.push(contestant);
    else console.log(`without ${contestant.name}: ${problem}`);
  }
  return ready;
}

/** Compiles a server or looks for its program; null when all is well, or else what is missing. */
export async function prepare(
  { build, command }: Contestant,
  directory: string,
): Promise<string | null> {
  if (build !== undefined) return await compile(build(directory));
  const [program] = command({ port: 0, cert: "", key: "", directory });
  try {
    const { stdout } = await new Deno.Command(program!, { args: ["--version"] }).output();
    // Where there is no Node, Deno steps in when it is asked for one.
    const deno = program === "node" && new TextDecoder().decode(stdout).startsWith("deno");
    if (!deno) return null;
  } catch {
    // There is no such program.
  }
  return `${program} is not installed`;
}

/** Runs a compiler; null when all went well, or else what it said, in a line. */
export async function compile(command: string[]): Promise<string | null> {
  try {
    const child = start(command, { stdin: "null", stdout: "null", stderr: "piped" });
    const complaint = await new Response(child.stderr).text();
    return (await child.status).success ? null : complaint.trim().split("\n")[0]!;
  } catch {
    return `${command[0]} is not installed`;
  }
}

/** A certificate for all servers alike, as files in `directory`, and who signed it. */
export async function identity(
  directory: string,
): Promise<{ cert: string; key: string; authority: string }> {
  const authority = await makeAuthority(new Date());
  const leaf = await makeLeaf(authority, ["localhost", "::1"], new Date());
  const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
  await Deno.writeTextFile(files.cert, leaf.cert);
  await Deno.writeTextFile(files.key, leaf.key, { mode: 0o600 });
  return { ...files, authority: authority.cert };
}

/** A port of `::1`, below those that systems give to clients: these linger after a close. */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "::1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
