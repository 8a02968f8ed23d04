/**
 * This machine's own names and addresses.
 *
 * @module
 */
import { domainToASCII } from "node:url";
import { isIpAddress, isLinkLocal, isLoopback, isUnspecified } from "../text/ip.ts";

/** Labels of 1 to 63 letters, digits, hyphens and, as many machines have them, underscores. */
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

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

/** The names and addresses of this machine, for its certificate. */
export function localNames(): string[] {
  const name = dnsName(localHostname());
  const names = name === null ? ["localhost"] : ["localhost", name];
  return [...new Set([...names, ...LOOPBACK, ...outwardAddresses()])];
}

/**
 * A name as a certificate has it: international ones as `xn--...` (RFC 5890, RFC 5280 7.2). Null
 * where it is no name of a host.
 */
export function dnsName(hostname: string): string | null {
  const ascii = domainToASCII(hostname);
  return DNS_NAME.test(ascii) && !isIpAddress(ascii) ? ascii : null;
}

/** The address that another computer uses for a server that is bound to `hostname` (002). */
export function advertisedAddress(hostname: string): string {
  if (!isUnspecified(hostname)) return hostname;
  const usable = hostname === "::"
    ? outwardAddresses()
    : outwardAddresses().filter((one) => !one.includes(":"));
  return usable[0] ?? (hostname === "::" && hasIpv6() ? "::1" : "127.0.0.1");
}

/** Whether this machine has IPv6 at all: with it, even the loopback interface has an address. */
function hasIpv6(): boolean {
  return Deno.networkInterfaces().some(({ family }) => family === "IPv6");
}
