"use strict";

const RETRY_MS = { first: 500, most: 10000 };
const MOST_LINES = 1000;
const SHOWN_BYTES = 64;

const at = (id) => document.getElementById(id);
const log = at("log"), input = at("message"), state = at("state"), toggle = at("toggle");
const times = [];
const counts = { sent: 0, echoed: 0, others: 0 };

let socket = null;
let wanted = true;
let retry = RETRY_MS.first;
let timer = 0;
/** The messages without an echo, oldest first. */
let inFlight = [];
const typed = [];
let place = 0;

at("server").textContent = location.host;

function connect() {
  clearTimeout(timer);
  show("connecting", "");
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const own = socket = new WebSocket(scheme + location.host + "/");
  own.binaryType = "arraybuffer";
  own.onopen = () => {
    retry = RETRY_MS.first;
    at("hint").hidden = true;
    show("connected", "open");
  };
  own.onmessage = (event) => receive(event.data);
  own.onclose = (event) => {
    if (own !== socket) return;
    for (const message of inFlight) mark(message.line, "no echo", "wrong");
    inFlight = [];
    if (event.code !== 1006) {
      info("closed with code " + event.code + (event.reason ? ": " + event.reason : ""));
    }
    if (!wanted) return show("disconnected", "closed");
    hint();
    show("connecting again in " + (retry / 1000).toFixed(1) + " s", "closed");
    timer = setTimeout(connect, retry);
    retry = Math.min(retry * 2, RETRY_MS.most);
  };
}

function show(text, name) {
  state.textContent = text;
  state.className = name;
  toggle.textContent = wanted ? "Disconnect" : "Connect";
}

/** A browser does not say why it could not connect. */
function hint() {
  const text = at("hint");
  text.replaceChildren("The server cannot be reached. If it runs and has a new certificate, ");
  const link = document.createElement("a");
  link.href = "/";
  link.textContent = "load this page again";
  text.append(link, " and accept it: a page cannot ask for that.");
  text.hidden = false;
}

function send(data) {
  if (socket === null || socket.readyState !== WebSocket.OPEN) {
    return info("not connected: not sent");
  }
  const line = add(shown(data), "waits", "own");
  inFlight.push({ data: comparable(data), line, sent: performance.now() });
  socket.send(data);
  count("sent");
}

function receive(data) {
  const now = performance.now();
  const due = inFlight[0];
  if (due === undefined || due.data !== comparable(data)) {
    count("others");
    const text = textIn(data);
    return text === null ? add(shown(data), "", "other") : add(text, "bytes", "other");
  }
  inFlight.shift();
  const time = now - due.sent;
  times.push(time);
  mark(due.line, milliseconds(time), "echo");
  count("echoed");
  at("last").textContent = milliseconds(time);
  const sorted = times.slice(-1000).sort((a, b) => a - b);
  at("median").textContent = milliseconds(sorted[Math.floor(sorted.length / 2)]);
}

/** What two messages must have in common to be the same: their kind and all their bytes. */
function comparable(data) {
  return typeof data === "string" ? "text " + data : "bytes " + hexOf(new Uint8Array(data));
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function shown(data) {
  if (typeof data === "string") return data === "" ? "(empty)" : data;
  const bytes = new Uint8Array(data);
  const more = bytes.length > SHOWN_BYTES ? " ... " + bytes.length + " bytes" : "";
  return hexOf(bytes.subarray(0, SHOWN_BYTES)) + more;
}

function milliseconds(time) {
  return time < 10 ? time.toFixed(2) + " ms" : Math.round(time) + " ms";
}

function count(name) {
  at(name).textContent = ++counts[name];
}

function add(text, note, name) {
  const stays = log.scrollHeight - log.scrollTop - log.clientHeight > 40;
  const line = document.createElement("li");
  line.className = name;
  const content = document.createElement("span");
  content.className = "text";
  content.textContent = text;
  const aside = document.createElement("span");
  aside.className = "note";
  aside.textContent = note === "waits" ? "..." : note;
  line.append(content, aside);
  log.append(line);
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  if (!stays) log.scrollTop = log.scrollHeight;
  return line;
}

function mark(line, note, name) {
  line.lastElementChild.textContent = note;
  line.className = name;
}

function info(text) {
  add(text, "", "info");
}

/** Bytes that are a readable text, as clients without frames send them; null for anything else. */
function textIn(data) {
  if (typeof data === "string") return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data).trimEnd();
    return Array.from(text).every((char) => char >= " ") ? text : null;
  } catch {
    return null;
  }
}

/** Bytes as they are typed: 00 ff, or 00ff; null for anything else. */
function bytesIn(text) {
  const digits = text.replaceAll(" ", "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return null;
  const pairs = digits.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16)).buffer;
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const data = at("hex").checked ? bytesIn(input.value) : input.value;
  if (data === null) return info("bytes are pairs of digits from 0 to f: 00 ff");
  send(data);
  typed.push(input.value);
  place = typed.length;
  input.value = "";
});

input.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  event.preventDefault();
  place = Math.max(0, Math.min(typed.length, place + (event.key === "ArrowUp" ? -1 : 1)));
  input.value = typed[place] ?? "";
});

toggle.addEventListener("click", () => {
  wanted = !wanted;
  if (wanted) return connect();
  clearTimeout(timer);
  if (socket.readyState === WebSocket.CLOSED) return show("disconnected", "closed");
  socket.close(1000);
});

connect();
