/**
 * The authorities that the connecting side trusts besides the system's.
 *
 * @module
 */
import { readAuthorities } from "../certs/pem.ts";
import { localAuthority } from "../certs/store.ts";
import { findCertsDirectory } from "./paths.ts";

/** Those of `--ca`, and the one of a server on this machine. Throws a `Failure` for a bad one. */
export async function authoritiesOf(ca: string | null): Promise<string[]> {
  const directory = findCertsDirectory();
  const own = directory === null ? null : await localAuthority(directory);
  const given = ca === null ? [] : await readAuthorities(ca);
  return own === null ? given : [own, ...given];
}
