import type { ToPrimary, ToWorker } from "../../lib/server/worker_messages.ts";
import { WorkerRenewals } from "../../lib/server/worker_renewals.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const TLS = { cert: "cert", key: "key", protocols: [] };

function endpoint() {
  const posted: string[] = [];
  const postMessage = ({ type }: ToWorker) => void posted.push(type);
  const onmessage: ((event: MessageEvent<ToPrimary>) => void) | null = null;
  return { posted, postMessage, onmessage };
}

Deno.test("a certificate is in use when every worker has it", PURE, async () => {
  const workers = [endpoint(), endpoint()] as const;
  const renewals = new WorkerRenewals([...workers]);
  let isDone = false;
  const renewing = renewals.renew(TLS).then(() => isDone = true);
  assertEquals(workers.map(({ posted }) => posted), [["renew"], ["renew"]]);
  renewals.settle(workers[1], null);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(isDone, false);
  renewals.settle(workers[0], null);
  await renewing;
});

Deno.test("the problem of one worker is that of the renewal", PURE, async () => {
  const workers = [endpoint(), endpoint()] as const;
  const renewals = new WorkerRenewals([...workers]);
  const renewing = renewals.renew(TLS);
  renewals.settle(workers[0], null);
  renewals.settle(workers[1], "it is bad");
  await assertRejects(() => renewing, Error, "it is bad");
});
