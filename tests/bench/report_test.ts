import { Latencies } from "../../lib/bench/histogram.ts";
import { html, svg } from "../../lib/bench/plot.ts";
import { describe, handshakesReport, messagesReport } from "../../lib/bench/report.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

function measured(count = 1000) {
  const latencies = new Latencies();
  for (let i = 0; i < count; i++) latencies.record(0.1 + i / 1000);
  return { seconds: 2, count, latencies, ticks: [400, 600], unanswered: 0 };
}

const CONTEXT = { host: "<host> & more", port: 12345, connections: 8, cpuSeconds: 1 };
const OPTIONS = { dialect: "frames", size: 64, depth: 4, rate: null };
const messages = (count?: number) => messagesReport({ ...CONTEXT, ...OPTIONS }, measured(count));

Deno.test("a report has every number that was asked for", PURE, () => {
  const { latency, ...rest } = messages();
  assertEquals(rest, {
    host: "<host> & more",
    port: 12345,
    dialect: "frames",
    connections: 8,
    size: 64,
    depth: 4,
    rate: null,
    seconds: 2,
    messages: 1000,
    bytes: 64_000,
    unanswered: 0,
    messagesPerSecond: 500,
    megabytesPerSecond: 0.03,
    cpuShare: 0.5,
    limited: false,
  });
  assertEquals(Object.keys(latency!), ["p50", "p90", "p99", "p99.9", "max"]);
});

Deno.test("a report of handshakes has no messages", PURE, () => {
  const report = handshakesReport(CONTEXT, measured());
  assertEquals([report.handshakes, report.handshakesPerSecond], [1000, 500]);
  assertEquals(report.messages, undefined);
  assertStringIncludes(describe(report, measured()), "500 handshakes/s");
});

Deno.test("the text says when the load generator was the limit", PURE, () => {
  assert(!describe(messages(), measured()).includes("limit"));
  const busy = messagesReport({ ...CONTEXT, ...OPTIONS, cpuSeconds: 1.96 }, measured());
  assertStringIncludes(describe(busy, measured()), "was the limit: it used 98 % of a core");
});

Deno.test("the shares of the histogram in the text add up", PURE, () => {
  const shares = describe(messages(), measured()).matchAll(/([\d.]+) %$/gm);
  const sum = [...shares].reduce((total, [, share]) => total + Number(share), 0);
  assert(sum > 99 && sum < 101, `${sum} %`);
});

Deno.test("nothing measured is shown too", PURE, () => {
  const none = { ...measured(0), ticks: [] };
  const text = describe(messagesReport({ ...CONTEXT, ...OPTIONS }, none), none);
  assertStringIncludes(text, "nothing measured");
  assertStringIncludes(svg(messages(0), none), "</svg>");
});

Deno.test("the picture is well formed, and nothing in it is foreign markup", PURE, () => {
  const picture = svg(messages(), measured());
  assert(!picture.includes("<host>") && picture.includes("&#60;host&#62; &#38; more"));
  assert(!/NaN|undefined|Infinity/.test(picture));
  for (const name of ["p50", "p90", "p99", "p99.9", "messages/s over time"]) {
    assertStringIncludes(picture, `>${name}<`);
  }
  const tags = [...picture.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)];
  const open: string[] = [];
  for (const [, closes, name, alone] of tags) {
    if (closes) assertEquals(open.pop(), name);
    else if (!alone) open.push(name!);
  }
  assertEquals(open, []);
  assertStringIncludes(html(messages(), measured()), picture);
});

Deno.test("where nothing was measured there are no figures", PURE, () => {
  const report = messages(0);
  const { latency, messagesPerSecond, megabytesPerSecond, cpuShare } = report;
  assertEquals([latency, messagesPerSecond, megabytesPerSecond, cpuShare], [
    null,
    null,
    null,
    null,
  ]);
  const text = describe(report, { ...measured(0), unanswered: 1 });
  assertEquals(text.split("\n").slice(-2), ["  nothing measured", "  1 message unanswered"]);
  assertStringIncludes(svg(report, measured(0)), "</svg>");
});

Deno.test("the wanted rate stands beside the one that was reached", PURE, () => {
  const report = messagesReport({ ...CONTEXT, ...OPTIONS, rate: 600 }, measured());
  assertStringIncludes(describe(report, measured()), "500 messages/s of 600 wanted");
});
