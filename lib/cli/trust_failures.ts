/**
 * The failures of trust on first use.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import { callOf } from "./calling.ts";

/** A server in the text of a failure. */
export function hostPort({ hostname, port }: Endpoint): string {
  return `${hostname} port ${port}`;
}

/** `command` has the words before HOST, and after a space the options that the server needs. */
function pinCommand({ hostname, port }: Endpoint, command: string, fingerprint: string): string {
  const [call, options] = command.split(/(?= --)/);
  return `${call} ${hostname} ${port} --pin ${fingerprint}${options ?? ""}`;
}

function untrusted(server: Endpoint, why: string, hint: string): Failure {
  return new Failure("untrusted", { what: `cannot connect to ${hostPort(server)}`, why, hint });
}

/** The server is unknown, and there is no terminal for a question. */
export function unknownHost(
  server: Endpoint,
  command: string,
  { fingerprint, note }: { fingerprint: string; note: string | null },
): Failure {
  const pin = pinCommand(server, command, fingerprint);
  const unknown = "it is not known, and standard input is not a terminal, so there is no question";
  const why = note === null ? unknown : `${note}; ${unknown}`;
  return untrusted(server, why, `if this is the fingerprint that the server prints: ${pin}`);
}

/** The server is known with another key. */
export function keyChanged(
  server: Endpoint,
  command: string,
  { old, now }: { old: string; now: string },
): Failure {
  const why = `ITS KEY HAS CHANGED, or another host is in between: it was ${old} and is ${now}`;
  const pin = pinCommand(server, command, now);
  return untrusted(server, why, `only if that is the fingerprint that the server prints: ${pin}`);
}

/** The key is not the one that was given. */
export function pinMismatch(
  server: Endpoint,
  { expected, actual }: { expected: string; actual: string },
): Failure {
  const why =
    `its key is a different one, or another host is in between: ${actual}, not ${expected}`;
  return untrusted(
    server,
    why,
    `compare with the output of "${callOf("cert")} show" on the server`,
  );
}

/** The user has answered no. */
export function rejectedByUser(server: Endpoint): Failure {
  const hint = `compare with the output of "${callOf("cert")} show" on the server, and try again`;
  return untrusted(server, "you do not trust it", hint);
}

/** The certificate does not allow to pin its key. */
export function unpinnable(server: Endpoint, [why, hint]: [why: string, hint: string]): Failure {
  return new Failure("untrusted", {
    what: `cannot trust ${hostPort(server)} by its key`,
    why: `its certificate does not allow it: ${why}`,
    hint,
  });
}

/** The certificate was that of the accepted key, and the connection has another one. */
export function otherHost(server: Endpoint, fingerprint: string): Failure {
  const why = `it showed the key ${fingerprint}, but this connection has another one`;
  return untrusted(server, why, "another host may be in between; try again by another network");
}

/** This version of Deno does not show the key of a connection. */
export function unverifiable(server: Endpoint): Failure {
  const why =
    "this version of Deno does not show the key of a connection, so it cannot be compared";
  return untrusted(server, why, "pass the authority of the server with --ca FILE");
}

/** There is no place for known hosts. */
export function noKnownHosts(server: Endpoint): Failure {
  return new Failure("failed", {
    what: `cannot remember ${hostPort(server)}`,
    why: "HOME is not set, and neither is XDG_DATA_HOME",
    hint: "set one of them to an absolute path",
  });
}
