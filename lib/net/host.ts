/**
 * This machine's own names and addresses.
 *
 * @module
 */
import { isLinkLocal, isLoopback, isUnspecified } from "../text/ip.ts";

const LOOPBACK = ["127.0.0.1", "::1"];

/** The addresses that another computer could use, IPv4 first. Needs `--allow-sys=networkInterfaces`. */
function outwardAddresses(): string[] {
  const outward = Deno.networkInterfaces()
    .filter(({ address }) => !isLoopback(address) && !isLinkLocal(address))
    .sort((a, b) => a.family.localeCompare(b.family));
  return [...new Set(outward.map(({ address }) => address))];
}

/** The name of this machine (`gethostname`). Needs `--allow-sys=hostname`. */
export function localHostname(): string {
  return Deno.hostname();
}

/** Whether an address is this machine's own. */
export function isLocalAddress(hostname: string): boolean {
  if (isLoopback(hostname)) return true;
  return Deno.networkInterfaces().some(({ address }) => address === hostname);
}

/** The names and addresses of this machine, for its certificate. */
export function localNames(): string[] {
  return [...new Set(["localhost", localHostname(), ...LOOPBACK, ...outwardAddresses()])];
}

/** The address that another computer uses for a server that is bound to `hostname` (002). */
export function advertisedAddress(hostname: string): string {
  if (!isUnspecified(hostname)) return hostname;
  const usable = hostname === "::"
    ? outwardAddresses()
    : outwardAddresses().filter((one) => !one.includes(":"));
  return usable[0] ?? (hostname === "::" ? "::1" : "127.0.0.1");
}
