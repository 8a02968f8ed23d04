/**
 * IP addresses as text: their kinds, ranges and usual form.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** How many addresses are remembered. */
const MAX_REMEMBERED = 1_000;

/** ipaddr.js 2.5 reads the deprecated form `::a.b.c.d` (RFC 4291, 2.5.5.1) as `::ffff:a.b.c.d`. */
const COMPATIBLE = /^::(?=[0-9]+\.)/;

/** Whether it is four decimal numbers of a byte each. A leading zero could mean octal. */
export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** Whether it is an IPv6 address, without a zone id. */
export function isIpv6(text: string): boolean {
  return !text.includes("%") && ipaddr.IPv6.isValid(text);
}

/** Whether it is an IP address of either kind. */
export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/**
 * An IPv6 address in its shortest form (RFC 5952), or as IPv4 where it is mapped: an IPv4 peer of a
 * socket on `::` appears as `::ffff:a.b.c.d`. Any other text stays as it is.
 */
export const canonicalAddress: (text: string) => string = remembering((text) =>
  isIpv6(text) ? parse(text).toString() : text
);

/** Whether it stands for every address of the machine. */
export function isUnspecified(hostname: string): boolean {
  return hostname === "0.0.0.0" || canonicalAddress(hostname) === "::";
}

/** Whether only this machine itself can reach it. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || rangeOf(hostname) === "loopback";
}

/** Whether only machines on the same link can reach it. */
export function isLinkLocal(hostname: string): boolean {
  return rangeOf(hostname) === "linkLocal";
}

/**
 * What counts as one source: an IPv4 address, or the first 64 bits of an IPv6 address. A host that
 * has one such address has all that share them (RFC 4291, 2.5.4).
 */
export const addressPrefix: (address: string) => string = remembering((address) => {
  if (!isIpAddress(address)) return address;
  const parsed = parse(address);
  return parsed instanceof ipaddr.IPv6
    ? `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0])}/64`
    : parsed.toString();
});

/** The same function, which remembers its last results: a client comes again, a parse takes 10 us. */
function remembering(compute: (text: string) => string): (text: string) => string {
  const results = new Map<string, string>();
  return (text) => {
    let result = results.get(text);
    if (result === undefined) {
      if (results.size === MAX_REMEMBERED) results.clear();
      result = compute(text);
      results.set(text, result);
    }
    return result;
  };
}

/** The range of an address in the words of ipaddr.js, or null where it is none. */
function rangeOf(hostname: string): string | null {
  return isIpAddress(hostname) ? parse(hostname).range() : null;
}

/** Mapped IPv6 addresses become the IPv4 addresses that they stand for. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.process(address.replace(COMPATIBLE, "0:0:0:0:0:0:"));
}
