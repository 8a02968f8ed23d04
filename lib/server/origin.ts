/**
 * Which web pages may use the server. A browser sends what any page wants, in the name of the person
 * in front of it, so the server has to look at where the page is from.
 *
 * @module
 */

/** A name or an address, and a port (RFC 9110, 7.2); nothing that a URL has besides. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** What the server knows about itself, for requests of browsers. */
export interface WebOptions {
  /** Its names and addresses; a name may begin with `*.`, as in certificates. */
  names: readonly string[];
  /** `--origin`: origins of pages elsewhere that may use it: `https://example.com`. */
  origins: readonly string[];
}

/**
 * Whether `host`, the Host header, is one of ours. A name that an attacker has pointed at this machine
 * (DNS rebinding) is not.
 */
export function isOurHost(host: string, { names, origins }: WebOptions): boolean {
  if (!HOST.test(host)) return false;
  const name = hostnameOf(`http://${host}`);
  // What the parser of URLs changes, as 127.1, is read by others in other ways.
  if (name === null || !host.toLowerCase().includes(name)) return false;
  return names.some((ours) => matches(name, ours)) ||
    origins.some((origin) => hostnameOf(origin) === name);
}

/**
 * Whether a page of `origin` may connect. One without an origin is no page of a browser. A page of our
 * own has the origin that is its Host.
 */
export function isAllowedOrigin(
  origin: string | null,
  host: string,
  { origins }: WebOptions,
): boolean {
  if (origin === null || origins.includes(origin.toLowerCase())) return true;
  return ["http", "https"].some((scheme) =>
    authorityOf(origin) !== null && authorityOf(origin) === authorityOf(`${scheme}://${host}`)
  );
}

/** The host and the port, which is left out where it is the usual one; null for no origin. */
function authorityOf(origin: string): string | null {
  const url = URL.parse(origin);
  if (url === null || url.origin === "null") return null;
  return `${url.protocol}//${url.host}`;
}

function hostnameOf(origin: string): string | null {
  const url = URL.parse(origin);
  if (url === null || url.pathname !== "/" || url.username !== "") return null;
  return url.hostname.replace(/^\[|\]$/g, "");
}

function matches(name: string, ours: string): boolean {
  const own = hostnameOf(`http://${ours.includes(":") ? `[${ours}]` : ours}`) ?? ours.toLowerCase();
  if (!own.startsWith("*.")) return name === own;
  return name.split(".").slice(1).join(".") === own.slice(2); // one label, as in certificates
}
