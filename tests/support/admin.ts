/**
 * A server to show, and what the admin listener answers.
 *
 * @module
 */
import type { AdminSource } from "../../lib/admin/source.ts";
import { Meter } from "../../lib/server/meter.ts";

/** A server that has just started, with small limits. */
export function adminSource(meter: Meter = new Meter()): AdminSource {
  return {
    version: "1.2.3",
    deno: "2.9.6",
    started: 0,
    faults: null,
    limits: { maxConnections: 10, maxPerAddress: 5, maxBuffered: 1_000, maxHistoryTotal: 2_000 },
    state: () => "serving",
    connections: () => meter.usage.connections,
    measure: () => Promise.resolve(meter.report()),
    process: () => ({ residentBytes: 1_000_000, cpuSeconds: 1.5 }),
    openFiles: () => 12,
    certificate: () => ({ fingerprint: "SHA256:abc", expires: 86_400_000 }),
    droppedLogLines: () => 0,
  };
}

/** The status and the text of an answer. */
export interface Answer {
  /** 200. */
  status: number;
  /** The head. */
  head: string;
  /** The body. */
  body: string;
}

/** Sends bytes as they are to a port of 127.0.0.1, and returns the whole answer. */
export async function ask(port: number, request: string): Promise<Answer> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(request));
  const answer = await new Response(conn.readable).text();
  const end = answer.indexOf("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]),
    head: answer.slice(0, end),
    body: answer.slice(end + 4),
  };
}

/** Gets a path. */
export function get(port: number, path: string, host = "localhost"): Promise<Answer> {
  return ask(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}
