/**
 * `--admin` of `echo server`: what the admin listener can show, and where it listens.
 *
 * @module
 */
import process from "node:process";
import deno from "../../deno.json" with { type: "json" };
import type { Admin } from "../admin/admin.ts";
import type { AdminSource, CertificateInfo, ProcessUsage, ServerState } from "../admin/source.ts";
import type { CertificateManager } from "../certs/certificate_manager.ts";
import { expiryOf } from "../certs/pem.ts";
import type { Endpoint } from "../net/address.ts";
import { countDescriptors } from "../net/descriptors.ts";
import { localNames } from "../net/host.ts";
import { listen, type Listener } from "../net/listen.ts";
import { Meter } from "../server/meter.ts";
import type { Metering } from "../server/primary.ts";
import { Reports } from "../server/reports.ts";
import { formatHostPort } from "../text/host_port.ts";
import { isLoopback } from "../text/ip.ts";
import { fingerprintIn } from "./server_certificate.ts";

/** Counts for the admin port, and for the servers of a room. */
export function newMetering(): Metering {
  const meter = new Meter();
  return { meter, reports: new Reports(meter) };
}

/** Binds the admin port. Throws a `Failure` that says why it cannot. */
export function openAdmin({ hostname, port }: Endpoint): Promise<Listener> {
  return listen({ hostname, port, tls: null });
}

/** What to print about the port: where it is, and a warning where other machines can reach it. */
export function adminNotices({ hostname, port }: Listener): string[] {
  const where = `admin: http://${formatHostPort({ hostname, port })}/`;
  if (isLoopback(hostname)) return [where];
  return [
    where,
    "echo: --admin has no password: every host that can reach it sees the addresses of all clients",
  ];
}

/** What can be asked of the command. */
export interface SourceContext {
  /** The limits. */
  options: AdminSource["limits"];
  /** The certificate, or null without TLS. */
  certificates: CertificateManager | null;
  /** What the server is doing. */
  state(): ServerState;
  /** How many lines the log could not keep. */
  droppedLogLines(): number;
  /** How the server misbehaves on request; null: it does not. */
  faults: string | null;
}

/** What there is to show. */
export function adminSource({ meter, reports }: Metering, context: SourceContext): AdminSource {
  const { options, certificates, state, droppedLogLines, faults } = context;
  return {
    version: deno.version,
    deno: Deno.version.deno,
    started: performance.timeOrigin,
    faults,
    limits: options,
    state,
    connections: () => meter.usage.connections,
    measure: async () => {
      await reports.refresh();
      return reports.read();
    },
    process: processUsage,
    openFiles: countDescriptors,
    certificate: () => certificates && certificateIn(certificates),
    droppedLogLines,
  };
}

/** Answers on the admin port until disposed of; `origins` are names besides this machine's. */
export async function startAdmin(
  listener: Listener,
  source: AdminSource,
  origins: readonly string[],
): Promise<Admin> {
  const { Admin } = await import("../admin/admin.ts"); // with its page; most servers need none
  return new Admin(listener, source, { names: [...localNames(), listener.hostname], origins });
}

function certificateIn({ current }: CertificateManager): CertificateInfo {
  return { fingerprint: fingerprintIn(current), expires: expiryOf(current.cert).getTime() };
}

function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: Deno.memoryUsage().rss,
    cpuSeconds: (user + system) / 1e6,
  };
}
