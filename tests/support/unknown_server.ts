/**
 * Servers that clients do not know, and clients with known hosts of their own.
 *
 * @module
 */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf, type Identity } from "../../lib/certs/pem.ts";
import { type Outcome, runClient, startServer } from "./echo.ts";
import type { Folder } from "./odd_certs.ts";

/** A server that no client knows, and its fingerprint. */
export async function startUnknown(dir: Folder, { pair, options = [] as string[] }: {
  pair?: Identity;
  options?: string[];
} = {}) {
  const identity = pair ??
    await makeLeaf(await makeAuthority(new Date()), ["localhost", "::1"], new Date());
  const name = crypto.randomUUID();
  const cert = await dir.put(`${name}.pem`, identity.cert);
  const key = await dir.put(`${name}-key.pem`, identity.key);
  const server = await startServer("--cert", cert, "--key", key, ...options);
  return Object.assign(server, { key: fingerprintOf(derOf(identity.cert)) });
}

/** A client whose known hosts lie in the folder. */
export function hello({ path }: Folder, port: number, ...options: string[]): Promise<Outcome> {
  const args = ["::1", `${port}`, "hello", "--style", "banner", ...options];
  return runClient(args, "", { env: { XDG_DATA_HOME: path } });
}
