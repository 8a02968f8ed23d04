/**
 * Runs the service of `echo server`: in this thread or in several, with or without UDP.
 *
 * @module
 */
import type { CertificateManager } from "../certs/certificate_manager.ts";
import { namesIn } from "../certs/der.ts";
import { derOf } from "../certs/pem.ts";
import type { DatagramSocket } from "../net/datagram.ts";
import { localNames } from "../net/host.ts";
import type { Listener } from "../net/listen.ts";
import type { Sink } from "../server/events.ts";
import type { ServerOptions } from "../server/options.ts";
import { type Metering, runPrimary } from "../server/primary.ts";
import { serve, standalone } from "../server/server.ts";
import type { Relay } from "../server/relay.ts";
import { serveDatagrams } from "../server/udp.ts";
import { WorkerRenewals } from "../server/worker_renewals.ts";
import { credentialsOf } from "./server_certificate.ts";
import type { ServerValues } from "./server_options.ts";
import { fanOut } from "./sinks.ts";
import { startWorkers } from "./worker_pool.ts";

/** What the service is made of. */
export interface ServiceContext {
  /** Bound to the port already. */
  listener: Listener;
  /** The UDP socket, or null without `--udp`. */
  datagrams: DatagramSocket | null;
  /** The certificate, or null without TLS. */
  certificates: CertificateManager | null;
  /** The options of the command. */
  options: ServerValues;
  /** Takes all events. */
  sink: Sink;
  /** Stops the service. */
  signal: AbortSignal;
  /** Counts for `--admin`; null without it. */
  metering: Metering | null;
  /** Joins the room with those of other servers; null without `--room`. */
  relay: Relay | null;
}

/** Settles when the service has stopped. Rejects with a `Failure` when a worker thread has failed. */
export async function runService(context: ServiceContext): Promise<void> {
  const { datagrams, sink, signal, options, metering } = context;
  const over = new AbortController();
  const echoing = options.workers === 1 ? runAlone(context) : runWorkers(context);
  const stop = AbortSignal.any([signal, over.signal]);
  const udp = { rate: options.udpRate };
  const both = metering === null ? sink : fanOut([sink, metering.meter]);
  const answering = datagrams && serveDatagrams(datagrams, udp, both, stop);
  try {
    await echoing;
  } finally {
    over.abort();
    await answering;
  }
}

async function runAlone(context: ServiceContext): Promise<void> {
  const { listener, certificates, options, sink, signal, metering, relay } = context;
  using _ = certificates?.subscribe((identity) => listener.renew(credentialsOf(identity, options)));
  const own = serviceOptions(context);
  const meter = metering && metering.meter;
  const sinks = meter === null ? sink : fanOut([sink, meter]);
  await serve(listener, own, sinks, signal, standalone(own, meter, relay));
}

async function runWorkers(context: ServiceContext): Promise<void> {
  const { listener, certificates, options, sink, signal, metering, relay } = context;
  const { hostname, port } = listener;
  const tls = certificates && credentialsOf(certificates.current, options);
  const starting = startWorkers(options.workers, { hostname, port, tls });
  const renewing = starting.then(({ workers }) => new WorkerRenewals(workers));
  renewing.catch(() => {}); // `starting` is awaited
  // Before they have started: a certificate that comes meanwhile waits for them.
  using _ = certificates?.subscribe(async (identity) => {
    const renewals = await renewing;
    await renewals.renew(credentialsOf(identity, options));
  });
  using pool = await starting;
  const renewals = await renewing;
  const own = serviceOptions(context);
  const serving = runPrimary(pool.workers, renewals, own, sink, signal, metering, relay);
  await Promise.race([serving, pool.broken]);
}

/** The options of the service are those of the command, but for what they mean together. */
function serviceOptions({ listener, certificates, options }: ServiceContext): ServerOptions {
  const dialect = options.dialect === "auto" ? null : options.dialect;
  const own = certificates === null ? [] : namesIn(derOf(certificates.current.cert));
  const names = [...new Set([...localNames(), listener.hostname, ...own])];
  return { ...options, dialect, web: options.noWeb ? null : { names, origins: options.origin } };
}
