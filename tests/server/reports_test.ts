import { Meter, type Report } from "../../lib/server/meter.ts";
import { Reports } from "../../lib/server/reports.ts";
import type { ToPrimary, ToWorker } from "../../lib/server/worker_messages.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

/** A worker that answers when it is told to. */
function endpoint() {
  const posted: string[] = [];
  const postMessage = ({ type }: ToWorker) => void posted.push(type);
  const onmessage: ((event: MessageEvent<ToPrimary>) => void) | null = null;
  return { posted, postMessage, onmessage };
}

function reportOf(accepted: number): Report {
  const report = new Meter().report();
  report.metrics.accepted = accepted;
  return report;
}

Deno.test("reports: the sum of this thread and of all workers", PURE, async () => {
  const own = new Meter();
  own.accepted();
  const reports = new Reports(own);
  const workers = [endpoint(), endpoint()] as const;
  for (const worker of workers) reports.add(worker);
  const refreshing = reports.refresh();
  assertEquals(workers.map(({ posted }) => posted), [["measure"], ["measure"]]);
  assertEquals(reports.refresh(), refreshing); // two at a time ask once
  workers.forEach((worker, index) => reports.receive(worker, reportOf(10 * (index + 1))));
  await refreshing;
  assertEquals(reports.read().metrics.accepted, 31);
});

Deno.test("reports: a worker that does not answer counts as it was", PURE, async () => {
  const reports = new Reports(new Meter());
  const [quick, hung] = [endpoint(), endpoint()];
  reports.add(quick);
  reports.add(hung);
  reports.receive(hung, reportOf(5));
  const refreshing = reports.refresh();
  reports.receive(quick, reportOf(1));
  await refreshing;
  assertEquals(reports.read().metrics.accepted, 6);
});

Deno.test("reports: without workers there is nothing to wait for", PURE, async () => {
  const own = new Meter();
  const reports = new Reports(own);
  own.accepted();
  await reports.refresh();
  assertEquals(reports.read().metrics.accepted, 1);
});
