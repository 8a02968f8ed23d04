/**
 * A picture of a measurement: latency by percentile, and throughput over time.
 *
 * @module
 */
import { type Measured, TICK_MS } from "./load.ts";
import { type Report, time } from "./report.ts";

const WIDTH = 900;
const HEIGHT = 640;
const LEFT = 90;
const RIGHT = 30;
const PANEL = { width: WIDTH - LEFT - RIGHT, height: 200 };
const TOPS = { latency: 110, throughput: 400 };

/** Percentiles by their number of nines. Each step to the right has a tenth of the rest. */
const NINES = [0, 50, 90, 99, 99.9, 99.99];
const MOST_NINES = nineCount(NINES.at(-1)!);

/** Follows the reader's light or dark background. */
const STYLE = `
  .page { fill: #ffffff } .ink { fill: #1f2933 } .soft { fill: #616e7c } .grid { stroke: #d9e0e7 }
  .curve { stroke: #0b69a3; fill: none; stroke-width: 2.5 } .area { fill: #0b69a3; opacity: 0.15 }
  .dot { fill: #0b69a3 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14191f } .ink { fill: #e4e9ee } .soft { fill: #9aa5b1 } .grid { stroke: #323f4b }
    .curve { stroke: #5ab4f0 } .area, .dot { fill: #5ab4f0 }
  }
  text { font: 13px system-ui, sans-serif } .title { font-size: 18px; font-weight: 600 }
`;

/** An SVG that needs no other file. */
export function svg(report: Report, measured: Measured): string {
  const messages = report.handshakes === undefined;
  const rate = (messages ? report.messagesPerSecond : report.handshakesPerSecond) ?? 0;
  const noun = messages ? "messages/s" : "handshakes/s";
  const title = `echo ${report.host} port ${report.port}: ${
    Math.round(rate).toLocaleString("en-US")
  } ${noun}`;
  const how = messages
    ? `${report.connections} connections, ${report.size} bytes, depth ${report.depth}, ${report.seconds} s`
    : `${report.connections} handshakes at a time, ${report.seconds} s`;
  const limited = report.limited ? "; the load generator was the limit" : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>
${text(LEFT, 40, title, "ink title")}
${text(LEFT, 62, how + limited, "soft")}
${measured.count > 0 ? latencyPanel(measured) : ""}
${throughputPanel(measured, noun)}
</svg>
`;
}

/** The SVG as a page. */
export function html(report: Report, measured: Measured): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>echo bench</title>
<body style="margin: 2em auto; max-width: ${WIDTH}px">
${svg(report, measured)}</body>
</html>
`;
}

function latencyPanel({ latencies }: Measured): string {
  const most = latencies.at(NINES.at(-1)!);
  const scale = niceScale(most);
  const x = (percent: number) => LEFT + PANEL.width * nineCount(percent) / MOST_NINES;
  const y = (value: number) => TOPS.latency + PANEL.height * (1 - Math.min(1, value / scale.most));
  const steps = Array.from({ length: 201 }, (_, i) => 100 - 100 * 10 ** (-MOST_NINES * i / 200));
  const points = steps.map((percent) => `${fixed(x(percent))},${fixed(y(latencies.at(percent)))}`);
  const columns = NINES.map((percent) => {
    const at = x(percent);
    const name = percent === 0 ? "min" : `p${percent}`;
    const value = latencies.at(percent);
    return line(at, TOPS.latency, at, TOPS.latency + PANEL.height) +
      text(at, TOPS.latency + PANEL.height + 18, name, "soft", "middle") +
      `<circle class="dot" cx="${fixed(at)}" cy="${fixed(y(value))}" r="4"/>` +
      (percent === 0 ? "" : text(at - 6, y(value) - 9, time(value), "ink", "end"));
  });
  return [
    text(LEFT, TOPS.latency - 12, "latency by percentile", "ink"),
    rows(TOPS.latency, scale, time),
    ...columns,
    `<polyline class="curve" points="${points.join(" ")}"/>`,
  ].join("\n");
}

function throughputPanel({ ticks }: Measured, noun: string): string {
  const perSecond = ticks.map((count) => count * 1000 / TICK_MS);
  // The last tick is seldom a whole one.
  const shown = perSecond.length > 2 ? perSecond.slice(0, -1) : perSecond;
  const scale = niceScale(Math.max(1, ...shown));
  const bottom = TOPS.throughput + PANEL.height;
  const x = (i: number) => LEFT + PANEL.width * i / Math.max(1, shown.length - 1);
  const y = (value: number) => TOPS.throughput + PANEL.height * (1 - value / scale.most);
  const points = shown.map((value, i) => `${fixed(x(i))},${fixed(y(value))}`);
  const seconds = (shown.length - 1) * TICK_MS / 1000;
  return [
    text(LEFT, TOPS.throughput - 12, `${noun} over time`, "ink"),
    rows(TOPS.throughput, scale, (value) => Math.round(value).toLocaleString("en-US")),
    `<polygon class="area" points="${LEFT},${bottom} ${points.join(" ")} ${
      fixed(x(shown.length - 1))
    },${bottom}"/>`,
    `<polyline class="curve" points="${points.join(" ")}"/>`,
    text(LEFT, bottom + 18, "0 s", "soft", "middle"),
    text(LEFT + PANEL.width, bottom + 18, `${seconds.toFixed(1)} s`, "soft", "end"),
  ].join("\n");
}

function nineCount(percent: number): number {
  return -Math.log10(1 - Math.min(percent, 99.999) / 100);
}

interface Scale {
  most: number;
  step: number;
}

/** Four to five steps of 1, 2 or 5 that reach over `most`. */
function niceScale(most: number): Scale {
  const rough = most * 1.1 / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((it) => it * power >= rough) ?? 10);
  return { most: Math.ceil(most * 1.05 / step) * step, step };
}

function rows(top: number, { most, step }: Scale, name: (value: number) => string): string {
  const lines = [];
  for (let value = 0; value <= most * 1.001; value += step) {
    const y = top + PANEL.height * (1 - value / most);
    lines.push(
      line(LEFT, y, LEFT + PANEL.width, y),
      text(LEFT - 8, y + 4, name(value), "soft", "end"),
    );
  }
  return lines.join("\n");
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${
    fixed(y2)
  }"/>`;
}

function text(x: number, y: number, words: string, look: string, anchor = "start"): string {
  return `<text class="${look}" x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${
    escape(words)
  }</text>`;
}

function fixed(number: number): string {
  return number.toFixed(1);
}

function escape(words: string): string {
  return words.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
