"use strict";

/** The pauses between attempts to connect again, in milliseconds. */
const RETRY_MS = { first: 500, most: 5000 };
/** Nothing for so long is a lost connection, in milliseconds: the server sends once a second. */
const SILENCE_MS = 5000;
const SHOWN_SECONDS = 300;
const NONE = "–";

const at = (id) => document.getElementById(id);
let retry = RETRY_MS.first;
let stream = null;
let lastEvent = 0;
let last = null;
let sort = { key: "conn", ascending: true };

at("server").textContent = location.host;

/** Opens the stream of events, and again whenever it is lost. */
function connect() {
  stream?.close();
  const own = stream = new EventSource("/events");
  lastEvent = Date.now();
  own.addEventListener("rates", (event) => showRates(JSON.parse(event.data)));
  own.addEventListener("status", (event) => receive(JSON.parse(event.data)));
  own.onerror = () => own === stream && lose();
}

function lose() {
  stream.close();
  stream = null;
  link("lost", "not connected, trying again");
  setTimeout(connect, retry);
  retry = Math.min(retry * 2, RETRY_MS.most);
}

setInterval(() => {
  if (stream !== null && Date.now() - lastEvent > SILENCE_MS) lose();
}, 1000);

function receive(status) {
  lastEvent = Date.now();
  retry = RETRY_MS.first;
  if (last !== null && last.started !== status.started) {
    notice("the server was started again at " + clock(status.started));
  } else if (status.state === "stopping") notice("the server is stopping");
  else if (status.state === "full") notice("the server is full: it takes no more connections");
  last = status;
  link("live", status.state === "serving" ? "live" : status.state);
  showFigures(status);
  addRates(status);
  showClients(status);
  showLimits(status.limits);
  showPairs("closed", Object.entries(status.closed).filter(([, count]) => count > 0), "none yet");
  showFacts(status);
}

function link(name, text) {
  at("link").className = name;
  at("link").textContent = text;
  document.body.classList.toggle("lost", name === "lost");
}

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = false;
}

function showFigures(status) {
  at("connections").textContent = count(status.connections);
  at("messages").textContent = count(Math.round(status.messagesPerSecond));
  at("bytes").textContent = (status.bytesPerSecond / 1e6).toFixed(2);
  at("p50").textContent = milliseconds(status.writeP50);
  at("p99").textContent = milliseconds(status.writeP99);
  at("uptime").textContent = "echo " + status.version + ", up for " +
    duration(status.time - status.started);
  document.title = count(status.connections) + " · echo " + location.host;
}

/** Seconds since 1970, messages a second, MB a second: as uPlot wants them. */
const series = [[], [], []];
const plots = [];

function showRates(rates) {
  series[0] = rates.map(({ time }) => time / 1000);
  series[1] = rates.map(({ messages }) => messages);
  series[2] = rates.map(({ bytes }) => bytes / 1e6);
  lastEvent = Date.now();
  draw();
}

function addRates({ time, messagesPerSecond, bytesPerSecond }) {
  const [times, messages, bytes] = series;
  if (times.length > 0 && time / 1000 - times.at(-1) < 0.5) return; // it came with the rates
  times.push(time / 1000);
  messages.push(messagesPerSecond);
  bytes.push(bytesPerSecond / 1e6);
  while (times.length > SHOWN_SECONDS) for (const values of series) values.shift();
  draw();
}

function draw() {
  if (plots.length === 0) {
    plots.push(plot("messages-plot", short), plot("bytes-plot", (value) => value.toFixed(1)));
    addEventListener("resize", resize);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }
  const end = series[0].at(-1) ?? Date.now() / 1000;
  for (const [index, it] of plots.entries()) {
    it.setData([series[0], series[index + 1]], false);
    it.setScale("x", { min: end - SHOWN_SECONDS, max: end });
  }
}

function plot(id, format) {
  const color = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name);
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 } };
  return new uPlot(
    {
      ...size(id),
      cursor: { show: false },
      legend: { show: false },
      scales: { x: {}, y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 1)] } },
      axes: [{ ...axis, values: (_plot, times) => times.map(minutes) }, {
        ...axis,
        size: 64,
        values: (_plot, values) => values.map(format),
      }],
      series: [{}, { stroke: color("--own"), width: 1.5, points: { show: false } }],
    },
    [[], []],
    at(id),
  );
}

function size(id) {
  return { width: Math.max(at(id).clientWidth, 160), height: 180 };
}

function resize() {
  for (const [index, id] of ["messages-plot", "bytes-plot"].entries()) {
    plots[index].setSize(size(id));
  }
}

for (const head of document.querySelectorAll("#clients th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  button.onclick = () => {
    const { key } = head.dataset;
    // Largest first, but for names and numbers.
    const ascending = ["conn", "peer", "dialect", "since"].includes(key);
    sort = { key, ascending: sort.key === key ? !sort.ascending : ascending };
    if (last !== null) showClients(last);
  };
  head.replaceChildren(button);
}

function showClients({ clients, connections, time }) {
  const { key, ascending } = sort;
  for (const head of document.querySelectorAll("#clients th")) {
    if (head.dataset.key === key) {
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    } else head.removeAttribute("aria-sort");
  }
  const sorted = [...clients].sort((a, b) => {
    if (a.isSlow !== b.isSlow) return a.isSlow ? -1 : 1; // what needs a look comes first
    const order = a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : a.conn - b.conn;
    return ascending ? order : -order;
  });
  at("shown").textContent = clients.length < connections
    ? "the first " + count(clients.length) + " of " + count(connections)
    : "";
  fill("clients", sorted, (row, client) => {
    row.className = client.isSlow ? "slow" : "";
    return [
      [count(client.conn), "number"],
      [client.peer, "peer"],
      [client.dialect, ""],
      [duration(time - client.since), "number"],
      [count(client.messages), "number"],
      [bytes(client.receivedBytes), "number"],
      [client.waitingBytes > 0 ? bytes(client.waitingBytes) : NONE, "number"],
      [client.idle >= 1000 ? duration(client.idle) : NONE, "number"],
    ];
  });
}

function showLimits(limits) {
  fill("limits", limits, (row, { option, name, used, limit, isBytes }) => {
    const text = isBytes ? bytes : count;
    const meter = document.createElement("meter");
    Object.assign(meter, { max: limit, high: limit * 0.8, value: used });
    row.className = used > limit * 0.8 ? "near" : "";
    row.title = "--" + option;
    return [[name, ""], [text(used) + " of " + text(limit), "number"], [meter, "number"]];
  });
}

function showFacts(status) {
  const { certificate } = status;
  const facts = [
    ["accepted", count(status.accepted)],
    ["messages", count(status.messages)],
    ["received", bytes(status.receivedBytes)],
    ["sent", bytes(status.sentBytes)],
    ["datagrams", count(status.datagrams)],
    ["memory", bytes(status.residentBytes)],
  ];
  if (certificate === null) facts.push(["certificate", "none: no TLS"]);
  else {
    const days = Math.floor((certificate.expires - status.time) / 86400000);
    const until = new Date(certificate.expires).toISOString().slice(0, 10);
    facts.push(["certificate", "until " + until + ", " + days + " days"]);
    facts.push(["key", certificate.fingerprint]);
  }
  showPairs("facts", facts, "");
}

function showPairs(id, pairs, none) {
  const rows = pairs.length > 0 ? pairs : [[none, ""]];
  fill(id, rows, (_row, [name, value]) => [
    [name, ""],
    [typeof value === "number" ? count(value) : value, id === "facts" ? "" : "number"],
  ]);
}

/** Makes the rows of a table those of `items`; `cells` gives each cell's content and class. */
function fill(id, items, cells) {
  const body = at(id).tBodies[0];
  while (body.rows.length > items.length) body.deleteRow(-1);
  for (const [index, item] of items.entries()) {
    const row = body.rows[index] ?? body.insertRow();
    for (const [place, [content, name]] of cells(row, item).entries()) {
      const cell = row.cells[place] ?? row.insertCell();
      if (typeof content !== "string") cell.replaceChildren(content);
      else if (cell.textContent !== content) cell.textContent = content;
      cell.className = name;
    }
  }
}

function count(number) {
  return number.toLocaleString("en-US");
}

function short(number) {
  if (number >= 1e6) return number / 1e6 + " M";
  return number >= 1e3 ? number / 1e3 + " K" : String(number);
}

function bytes(number) {
  for (const [unit, factor] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (number >= factor) {
      return (number / factor).toFixed(number < 100 * factor ? 1 : 0) + " " + unit;
    }
  }
  return number + " B";
}

function milliseconds(value) {
  if (value === null) return NONE;
  return value < 1 ? Math.round(value * 1000) + " µs" : value.toFixed(1) + " ms";
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [d, h, m] = [86400, 3600, 60].map((unit) => Math.floor(seconds / unit));
  if (d > 0) return d + " d " + h % 24 + " h";
  if (h > 0) return h + " h " + m % 60 + " m";
  return m > 0 ? m + " m " + seconds % 60 + " s" : seconds + " s";
}

function minutes(seconds) {
  return clock(seconds * 1000).slice(0, 5);
}

function clock(time) {
  return new Date(time).toTimeString().slice(0, 8);
}

connect();
