/**
 * `echo demo-udp`: runs and describes sendto, recvfrom and gethostname (000).
 *
 * @module
 */
import type { Screen } from "../console/screen.ts";
import { Failure } from "../failure.ts";
import { type DatagramSocket, MAX_DATAGRAM_BYTES, openDatagram } from "../net/datagram.ts";
import { localHostname } from "../net/host.ts";
import { RepeatedRace } from "../race.ts";
import { delay } from "../std.ts";
import { formatHostPort } from "../text/host_port.ts";
import { safeText } from "../text/escape.ts";
import type { Command } from "./command.ts";
import type { ExitCode } from "./exit.ts";
import type { OptionTable } from "./options.ts";

/** Datagrams may be lost, even on loopback. Each is tried so often, and `every` is in milliseconds. */
const TRIES = { times: 3, every: 1_000 };

const utf8 = new TextEncoder();

/** The headers that count into the 65,535 bytes. */
const HEADERS = { IPv4: "IPv4 (20) and UDP (8)", IPv6: "UDP (8); IPv6's own does not count" };

/** It has no options. */
export const options: OptionTable = {};

/** The command. */
export const demoUdp: Command = {
  usage: "echo demo-udp",
  summary:
    "Shows sendto, recvfrom and gethostname at work, on loopback, and how UDP differs from TCP.",
  words: [],
  options,

  async run({ words, screen }): Promise<ExitCode> {
    if (words.length > 0) {
      const why = "demo-udp takes no arguments";
      throw new Failure("usage", { what: `cannot use "${words[0]}"`, why });
    }
    await screen.print(
      `gethostname: the name of the machine that this runs on\n` +
        code({
          deno: "Deno.hostname()",
          python: "socket.gethostname()",
          c: "gethostname(name, sizeof name)",
        }) +
        `  came back  "${safeText(localHostname())}"\n` +
        `  like TCP   the name belongs to the machine, not to a protocol`,
    );
    for (const [family, hostname] of [["IPv6", "::1"], ["IPv4", "127.0.0.1"]] as const) {
      await screen.print(`\nUDP over ${family}, between two sockets on ${hostname}`);
      await demonstrate(family, hostname, screen);
    }
    return 0;
  },
};

async function demonstrate(
  family: "IPv6" | "IPv4",
  hostname: string,
  screen: Screen,
): Promise<void> {
  let here: DatagramSocket;
  try {
    here = openDatagram(hostname);
  } catch (error) {
    await screen.print(`  this machine has no address ${hostname}: ${messageOf(error)}`);
    return;
  }
  using from = here;
  const domain = family === "IPv6" ? "AF_INET6" : "AF_INET";
  using to = openDatagram(hostname);
  await screen.print(
    code({
      deno:
        `const here = Deno.listenDatagram({ transport: "udp", hostname: "${hostname}", port: 0 })`,
      python:
        `here = socket.socket(socket.${domain}, socket.SOCK_DGRAM); here.bind(("${hostname}", 0))`,
      c: `int here = socket(${domain}, SOCK_DGRAM, 0); bind(here, address, length)`,
    }) +
      `             and there = the same again; Deno wants deno run --unstable-net for it\n` +
      `  did        opened ${formatHostPort(from)} and ${
        formatHostPort(to)
      }; neither is connected to the other`,
  );

  const hello = utf8.encode("hello");
  await screen.print(
    `\nsendto: sends bytes to the address that the call names\n` +
      code({
        deno:
          `await here.send(bytes, { transport: "udp", hostname: "${hostname}", port: ${to.port} })`,
        python: `here.sendto(b"hello", ("${hostname}", ${to.port}))`,
        c: `sendto(here, "hello", 5, 0, address, length)`,
      }) +
      `  did        sent "hello" to ${formatHostPort(to)}\n` +
      `  came back  ${await from.send(hello, to)}, the bytes that were sent\n` +
      `  unlike TCP there is no connection: each call names the destination, and nothing confirms the arrival`,
  );

  const [first] = await receive(from, to, [hello]);
  await screen.print(
    `\nrecvfrom: receives one datagram, and the address it is from\n` +
      code({
        deno: "const [bytes, sender] = await there.receive(new Uint8Array(65536))",
        python: "data, sender = there.recvfrom(65536)",
        c: "recvfrom(there, buffer, sizeof buffer, 0, &sender, &length)",
      }) +
      `  came back  "${first!.text}", from ${first!.from}\n` +
      `  unlike TCP each datagram has its sender: one socket receives from all of them`,
  );

  await from.send(utf8.encode("first"), to);
  await from.send(utf8.encode("second"), to);
  const both = await receive(from, to, [utf8.encode("first"), utf8.encode("second")]);
  await screen.print(
    `\nBoundaries are kept: two calls of send are two datagrams\n` +
      `  did        sent "first", then "second"\n` +
      `  came back  ${both.map(({ text }) => `"${text}"`).join(", then ")}\n` +
      `  unlike TCP which may bring "firstsecond" at once: it is a stream, and needs frames`,
  );

  await screen.print(
    `\nA datagram has a largest size: 65,535 bytes less the headers of ${HEADERS[family]}`,
  );
  const largest = MAX_DATAGRAM_BYTES[family];
  for (const size of new Set([MAX_DATAGRAM_BYTES.IPv4, largest, largest + 1])) {
    await screen.print(await tryToSend(from, to, size));
  }
  await screen.print(
    `  unlike TCP which splits long data into segments\n` +
      `\nA datagram may be lost, duplicated or reordered. A program that needs all of them sends again,\n` +
      `  as this demonstration does after ${TRIES.every / 1000} s without an answer`,
  );
}

/** One call in three languages. The assignment (000) is about those of Python and C. */
function code(calls: { deno: string; python: string; c: string }): string {
  return `  in Deno    ${calls.deno}\n  in Python  ${calls.python}\n  in C       ${calls.c}\n`;
}

/** Receives as many datagrams as were sent; sends missing ones again. */
async function receive(
  from: DatagramSocket,
  to: DatagramSocket,
  sent: Uint8Array[],
): Promise<{ text: string; from: string }[]> {
  const came: { text: string; from: string }[] = [];
  const all = (async () => {
    while (came.length < sent.length) {
      const { bytes, from } = await to.receive();
      came.push({ text: safeText(bytes), from: formatHostPort(from) });
    }
    return true;
  })().catch(() => false); // closed meanwhile
  const untilAll = new RepeatedRace(all);
  for (let tried = 1; tried <= TRIES.times; tried++) {
    const waiting = new AbortController();
    const timeout = delay(TRIES.every, { signal: waiting.signal }).then(() => false, () => false);
    const done = await untilAll.run(timeout);
    waiting.abort();
    if (done) return came;
    for (const bytes of sent.slice(came.length)) await from.send(bytes, to);
  }
  throw new Failure("failed", {
    what: `cannot receive a datagram on ${formatHostPort(to)}`,
    why: `none came in ${TRIES.times} tries`,
    hint: "check that no firewall blocks UDP on loopback",
  });
}

async function tryToSend(from: DatagramSocket, to: DatagramSocket, size: number): Promise<string> {
  const bytes = size.toLocaleString("en");
  try {
    await from.send(new Uint8Array(size), to);
    return `  did        sent ${bytes} bytes in one datagram`;
  } catch (error) {
    return `  refused    ${bytes} bytes: ${messageOf(error)}`;
  }
}

function messageOf(error: unknown): string {
  return safeText(error instanceof Error ? error.message : String(error));
}
