/**
 * The connections of `echo bench`.
 *
 * @module
 */
import type { Dial } from "../bench/load.ts";
import type { LoadDialect } from "../bench/pattern.ts";
import { upgradeToWebSocket } from "../client/upgrade.ts";
import { Failure } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import { connect, connectPlain } from "../net/connect.ts";
import { formatHostPort } from "../text/host_port.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { websocket } from "../wire/websocket.ts";
import { authoritiesOf } from "./authorities.ts";
import { pinnedTo } from "./trust.ts";

/** What each dialect offers by ALPN. */
const ALPN = { frames: PROTOCOL, websocket: websocket.alpn };

/** How to connect. */
export interface DialerOptions {
  /** `--ca`. */
  ca: string | null;
  /** `--pin`. */
  pin?: string | null;
  /** `--dialect`. */
  dialect: LoadDialect;
  /** `--plain`. */
  plain: boolean;
  /** `--timeout`, in milliseconds. */
  timeout: number;
}

/** Makes connections as the options say. */
export async function dialerOf(
  hostname: string,
  port: number,
  { ca, pin = null, dialect, plain, timeout }: DialerOptions,
): Promise<Dial> {
  const authorities = await authoritiesOf(ca);
  const alpn = dialect === "raw" ? null : ALPN[dialect];
  const protocols = alpn === null ? [] : [alpn];
  const target = { hostname, port, timeout, signal: new AbortController().signal };
  const server = `${hostname} port ${port}`;
  const upgrade = { host: formatHostPort({ hostname, port }), target: "/", server, timeout };
  const ready = (conn: Conn) =>
    dialect === "websocket" ? upgradeToWebSocket(conn, upgrade) : Promise.resolve(conn);
  const via = pin === null || plain
    ? connect
    : await pinnedTo({ ...target, authorities, protocols }, pin);
  return async () => {
    if (plain) return await ready(await connectPlain(target));
    const { conn, protocol } = await via({ ...target, authorities, protocols });
    if (protocol === PROTOCOL || dialect !== "frames") return await ready(conn);
    conn.close();
    const what = `cannot use frames with ${hostname} port ${port}`;
    const hint = "try --dialect raw";
    throw new Failure("unreachable", { what, why: `it does not speak ${PROTOCOL}`, hint });
  };
}
