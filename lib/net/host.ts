/**
 * This machine's own names and addresses.
 *
 * @module
 */
import { isUnspecified } from "./address.ts";

const LOOPBACK = ["127.0.0.1", "::1"];

/** The addresses another computer could use, IPv4 first. Needs `--allow-sys=networkInterfaces`. */
function outwardAddresses(): string[] {
  const outward = Deno.networkInterfaces()
    .filter(({ address }) =>
      !LOOPBACK.includes(address) && !/^(127\.|169\.254\.|fe80:)/i.test(address)
    )
    .sort((a, b) => a.family.localeCompare(b.family));
  return [...new Set(outward.map(({ address }) => address))];
}

/** What this machine is called (`gethostname`). Needs `--allow-sys=hostname`. */
export function localHostname(): string {
  return Deno.hostname();
}

/** Whether an address is this machine's own. */
export function isLocalAddress(hostname: string): boolean {
  if (LOOPBACK.includes(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname)) return true;
  return Deno.networkInterfaces().some(({ address }) => address === hostname);
}

/** What a certificate of this machine should say: its names and addresses. */
export function localNames(): string[] {
  return [...new Set(["localhost", localHostname(), ...LOOPBACK, ...outwardAddresses()])];
}

/** The address another computer would use for a server that is bound to `hostname` (002). */
export function advertisedAddress(hostname: string): string {
  if (!isUnspecified(hostname)) return hostname;
  const usable = hostname === "::"
    ? outwardAddresses()
    : outwardAddresses().filter((one) => !one.includes(":"));
  return usable[0] ?? (hostname === "::" ? "::1" : "127.0.0.1");
}
