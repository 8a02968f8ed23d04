/**
 * Addresses and ports as people type and read them.
 *
 * @module
 */
import { Failure } from "../failure.ts";

/** A host and a port. */
export interface Endpoint {
  /** A name or an IP address, without brackets. */
  hostname: string;
  /** 0 to 65535. */
  port: number;
}

/** Which ports make sense: port 0, any free one, only where somebody listens. */
export interface PortRange {
  /** The lowest port: 0 for a server, 1 for a client. */
  lowestPort: 0 | 1;
}

const HIGHEST_PORT = 65535;
const V4_MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/**
 * Checks a host and a port as typed, and returns what is meant (000: `validate_ip_port`): an IPv6
 * address, bare or in brackets, an IPv4 address, or a name. Throws a `Failure` of kind `usage`
 * that says which of the two is wrong, and why.
 */
export function validateIpPort(host: string, port: string, range: PortRange): Endpoint {
  return { hostname: validateHost(host), port: validatePort(port, range) };
}

/** The half of `validateIpPort` about the port. */
export function validatePort(port: string, { lowestPort }: PortRange): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : NaN;
  if (number >= lowestPort && number <= HIGHEST_PORT) return number;
  throw new Failure("usage", {
    what: `cannot use PORT ${JSON.stringify(port)}`,
    why: `a port is a whole number from ${lowestPort} to ${HIGHEST_PORT}`,
  });
}

/** The half of `validateIpPort` about the host, which is called `name` where it was typed. */
export function validateHost(host: string, name = "HOST"): string {
  const wrong = (why: string, hint?: string) =>
    new Failure("usage", {
      what: `cannot use ${name} ${JSON.stringify(host)}`,
      why,
      ...(hint === undefined ? {} : { hint }),
    });
  if (host === "") throw wrong("it is empty", "give a name or an IP address");
  const bracketed = host.startsWith("[") || host.endsWith("]");
  if (bracketed && !/^\[[^\[\]]*\]$/.test(host)) {
    throw wrong(
      "brackets go around the whole IPv6 address",
      "as in [::1], and PORT is a word apart",
    );
  }
  const bare = bracketed ? host.slice(1, -1) : host;
  if (bracketed || bare.includes(":")) {
    if (bare.includes("%")) {
      throw wrong("scope ids are not supported", "use an address that is not link-local");
    }
    if (/^[^:]*:\d+$/.test(bare)) {
      throw wrong("HOST and PORT are two words", `as in ${bare.replace(":", " ")}`);
    }
    return ipv6(bare) ?? fail(wrong("it is not an IPv6 address", "as in ::1 or [2001:db8::1]"));
  }
  if (/^[0-9.]+$/.test(bare)) {
    return isIpv4(bare)
      ? bare
      : fail(wrong("it is not an IPv4 address", "four numbers from 0 to 255, as in 127.0.0.1"));
  }
  return hostName(bare) ??
    fail(wrong("it is not a host name", "letters, digits, hyphens and dots, as in example.org"));
}

/** Whether it is four decimal numbers of a byte each; a leading zero could mean octal. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** An IPv4 peer that came in on `::` appears as `::ffff:a.b.c.d`: shown as what it is. */
export function unmapIPv4(hostname: string): string {
  return hostname.includes(":") ? ipv6(hostname) ?? hostname : hostname;
}

/** Whether it stands for every address of the machine. */
export function isUnspecified(hostname: string): boolean {
  return hostname === "::" || hostname === "0.0.0.0";
}

/** Whether only this machine itself can reach it. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127\.[0-9.]+$/.test(hostname);
}

/** In its shortest form, or as IPv4 where it is mapped; null if it is not an IPv6 address. */
function ipv6(text: string): string | null {
  // The URL standard's parser is strict and at hand; the alphabet keeps it to addresses.
  const url = /^[0-9a-f:.]+$/i.test(text) ? URL.parse(`http://[${text}]/`) : null;
  if (url === null) return null;
  const shortest = url.hostname.slice(1, -1);
  const mapped = V4_MAPPED.exec(shortest);
  if (mapped === null) return shortest;
  const high = parseInt(mapped[1]!, 16), low = parseInt(mapped[2]!, 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** In ASCII (IDNA), or null if it is not a name (RFC 1123, and the underscore that is in use). */
function hostName(text: string): string | null {
  if (!/^[\p{L}\p{M}\p{N}._-]+$/u.test(text)) return null;
  // deno-lint-ignore no-control-regex -- all of ASCII
  const ascii = /^[\x00-\x7f]*$/.test(text) ? text : URL.parse(`http://${text}/`)?.hostname ?? "";
  const labels = ascii.replace(/\.$/, "").split(".");
  const named = labels.every((label) => LABEL.test(label)) && ascii.length <= 253 &&
    !/^\d+$/.test(labels.at(-1)!);
  return named ? ascii : null;
}

function fail(failure: Failure): never {
  throw failure;
}
