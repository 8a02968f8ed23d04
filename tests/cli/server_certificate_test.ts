import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { CertificateManager } from "../../lib/certs/certificate_manager.ts";
import { watchExpiry } from "../../lib/cli/server_certificate.ts";
import { Screen } from "../../lib/console/screen.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { assertEquals } from "../support/assert.ts";
import { daysFromNow } from "../support/odd_certs.ts";
import { Recorder } from "../support/recorder.ts";
import { sinkTo } from "../support/sink.ts";

/** A certificate that ends in so many days. */
async function endingIn(days: number) {
  return await makeLeaf(await makeAuthority(new Date()), ["localhost"], daysFromNow(days - 365));
}

Deno.test("the end of a certificate is told 30 days, 7 days and a day before, once each", async () => {
  const recorder = new Recorder<ServerEvent>();
  const steps = [31, 30, 29, 7, 6, 1, 0.5].map((days) => endingIn(days - 0.01));
  const [first, ...others] = await Promise.all(steps);
  const left = [...others];
  const done = Promise.withResolvers<void>();
  const manager = new CertificateManager(first!, () => {
    const next = left.shift();
    if (next === undefined) done.resolve();
    return Promise.resolve(next ?? others.at(-1)!);
  });
  const reports = { sink: sinkTo(recorder.emit), screen: new Screen() };
  {
    using _ = watchExpiry(manager, reports, 1); // a day takes a millisecond
    await done.promise;
  }
  const days = recorder.all("certificate-expires").map(({ time, expires }) =>
    Math.ceil((Date.parse(expires) - time) / (24 * 60 * 60 * 1000))
  );
  assertEquals(days, [30, 7, 1]);
  assertEquals(recorder.all("certificate-renewed").length, others.length);
});
