/**
 * What the admin listener shows of the server, given by the program around it.
 *
 * @module
 */
import type { Metrics } from "../server/metrics.ts";
import type { ConnectionRow } from "../server/meter.ts";
import type { ServerOptions } from "../server/options.ts";

/** What the server is doing. */
export type ServerState = "starting" | "serving" | "stopping";

/** What the process takes of the machine. */
export interface ProcessUsage {
  /** Memory, in bytes. */
  residentBytes: number;
  /** Time of all cores, in seconds. */
  cpuSeconds: number;
}

/** The certificate in use. */
export interface CertificateInfo {
  /** The fingerprint of its key: `SHA256:...`. */
  fingerprint: string;
  /** Its end, in milliseconds since 1970. */
  expires: number;
}

/** Everything that can be shown. */
export interface AdminSource {
  /** The version of echo. */
  readonly version: string;
  /** The version of Deno. */
  readonly deno: string;
  /** When the process was started, in milliseconds since 1970. */
  readonly started: number;
  /** How the server misbehaves on request (`--fault`), in words; null: it does not. */
  readonly faults: string | null;
  /** The limits. */
  readonly limits: Pick<
    ServerOptions,
    "maxConnections" | "maxPerAddress" | "maxBuffered" | "maxHistoryTotal"
  >;
  /** What the server is doing now. */
  state(): ServerState;
  /** How many connections there are now. */
  connections(): number;
  /** Counts of all threads as they are now. */
  measure(): Promise<{ metrics: Metrics; rows: ConnectionRow[] }>;
  /** What the process takes. */
  process(): ProcessUsage;
  /** Open files and sockets; null where the system does not tell. */
  openFiles(): number | null;
  /** The certificate; null without TLS. */
  certificate(): CertificateInfo | null;
  /** How many lines the log could not keep. */
  droppedLogLines(): number;
}
