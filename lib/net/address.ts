/**
 * Addresses and ports as people type them.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { canonicalAddress, isIpv4, isIpv6 } from "../text/ip.ts";

/** A host and a port. */
export interface Endpoint {
  /** A name or an IP address, without brackets. */
  hostname: string;
  /** 0 to 65535. */
  port: number;
}

/** The ports that make sense. Port 0, any free one, is for listeners only. */
export interface PortRange {
  /** The lowest port: 0 for a server, 1 for a client. */
  lowestPort: 0 | 1;
}

const HIGHEST_PORT = 65535;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/**
 * Checks a host and a port as typed, and returns them in their usual form (000:
 * `validate_ip_port`). A host is an IPv6 address, bare or in brackets, an IPv4 address, or a name.
 * Throws a `Failure` of kind `usage` that says which of the two is wrong, and why.
 */
export function validateIpPort(host: string, port: string, range: PortRange): Endpoint {
  if (/^\d+$/.test(host) && !/^\d+$/.test(port)) {
    throw new Failure("usage", {
      what: `cannot use HOST ${JSON.stringify(host)}`,
      why: "HOST comes first, and PORT is the second word",
      hint: `as in ${port} ${host}`,
    });
  }
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

/** The half of `validateIpPort` about the host. Errors call it `name`. */
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
      "as in [::1], with PORT as a word of its own",
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
    if (isIpv6(bare)) return canonicalAddress(bare);
    throw wrong("it is not an IPv6 address", "as in ::1 or [2001:db8::1]");
  }
  if (/^[0-9.]+$/.test(bare)) {
    return isIpv4(bare)
      ? bare
      : fail(wrong("it is not an IPv4 address", "four numbers from 0 to 255, as in 127.0.0.1"));
  }
  return hostName(bare) ??
    fail(wrong("it is not a host name", "letters, digits, hyphens and dots, as in example.org"));
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
