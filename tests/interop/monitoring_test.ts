/** The files in docs/monitoring: each metric they name exists, and promtool accepts them. */
import { prometheusText } from "../../lib/admin/prometheus.ts";
import { emptyMetrics } from "../../lib/server/metrics.ts";
import { adminSource } from "../support/admin.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { hasTool, runTool } from "../support/tools.ts";

const FOLDER = new URL("../../docs/monitoring/", import.meta.url).pathname;
const hasPromtool = hasTool("promtool");

function promtoolTest(name: string, fn: () => Promise<void>): void {
  const suffix = hasPromtool ? "" : " (skipped: promtool is missing)";
  Deno.test({ name: `monitoring: ${name}${suffix}`, ignore: !hasPromtool, fn });
}

/** Every name that has a value. */
const exported = new Set(
  prometheusText({ ...emptyMetrics(), httpRequests: { 200: 1 } }, adminSource())
    .trimEnd().split("\n").filter((line) => !line.startsWith("#")).map((line) =>
      line.replace(/[{ ].*/, "")
    ),
);

const namesIn = (text: string) => text.match(/\b(?:echo|process)_[a-z_]+\b/g) ?? [];

for (const file of ["alerts.yml", "grafana.json"]) {
  Deno.test(`monitoring: every metric in ${file} exists`, async () => {
    const names = namesIn(await Deno.readTextFile(FOLDER + file));
    assert(names.length >= 5);
    for (const name of names) assertEquals([name, exported.has(name)], [name, true]);
  });
}

Deno.test("monitoring: the page names every metric, and none that is not there", async () => {
  const page = await Deno.readTextFile(`${FOLDER}../operations.md`);
  const base = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
  const table = page.slice(page.indexOf("## What each number means"));
  assertEquals(
    [...new Set(namesIn(table).map(base))].sort(),
    [...new Set([...exported].map(base))].sort(),
  );
});

promtoolTest("the scrape configuration and the rules are accepted", async () => {
  for (const args of [["config", `${FOLDER}prometheus.yml`], ["rules", `${FOLDER}alerts.yml`]]) {
    const { code, err } = await runTool(["promtool", "check", ...args]);
    assertEquals([code, err], [0, ""]);
  }
});

promtoolTest("every query of the dashboard can be parsed", async () => {
  const { panels } = JSON.parse(await Deno.readTextFile(`${FOLDER}grafana.json`));
  const queries: string[] = panels.flatMap((
    { targets }: { targets: { expr: string }[] },
  ) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "1m")));
  const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
  const file = await Deno.makeTempFile({ suffix: ".yml" });
  await Deno.writeTextFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  const { code, err } = await runTool(["promtool", "check", "rules", file]);
  assertEquals([code, err], [0, ""]);
  await Deno.remove(file);
});

/** What a metric does in a simulated hour, and the alert that it must raise. */
const SCENES = {
  EchoCertificateEndsSoon: ["echo_certificate_expiry_timestamp_seconds", "1000000x120"],
  EchoRefusesConnections: ['echo_connections_closed_total{reason="over-limit"}', "0x115 1 1 1 1 1"],
  EchoLogDropsLines: ["echo_log_dropped_lines_total", "0x117 5 5 5"],
  EchoSlowReaders: ["echo_broadcast_dropped_total", "0+3x120"],
  EchoRestarts: ["echo_start_time_seconds", "1x90 2x10 3x10 4x10"],
} as const;

/** A server with which nothing is wrong. */
const QUIET = [
  ["echo_certificate_expiry_timestamp_seconds", "100000000x120"],
  ['echo_connections_closed_total{reason="over-limit"}', "0x120"],
  ['echo_connections_closed_total{reason="slow-reader"}', "0x120"],
  ["echo_log_dropped_lines_total", "0x120"],
  ["echo_broadcast_dropped_total", "0x120"],
  ["echo_start_time_seconds", "1x120"],
] as const;

promtoolTest("each alert fires when it should, and no other one", async () => {
  const withInstance = (series: string) =>
    series.includes("{") ? series.replace("{", '{instance="a",') : `${series}{instance="a"}`;
  const scene = (name: string, changed?: readonly [string, string]) => ({
    interval: "1m",
    name,
    input_series: QUIET.map(([series, values]) => ({
      series: withInstance(series),
      values: series === changed?.[0] ? changed[1] : values,
    })),
    promql_expr_test: [{
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: "2h",
      exp_samples: changed === undefined ? [] : [{ labels: `{alertname="${name}"}`, value: 1 }],
    }],
  });
  const scenes = [
    scene("quiet"),
    ...Object.entries(SCENES).map(([name, changed]) => scene(name, changed)),
  ];
  const file = await Deno.makeTempFile({ suffix: ".yml" });
  const rules = { rule_files: [`${FOLDER}alerts.yml`], evaluation_interval: "1m", tests: scenes };
  await Deno.writeTextFile(file, JSON.stringify(rules));
  const { code, out, err } = await runTool(["promtool", "test", "rules", file]);
  assertEquals([code, err], [0, ""], out);
  await Deno.remove(file);
});
