/**
 * The cases of one client: what happens to its messages. Messages end in a line end where it does not
 * matter, so that each mistake shows in one place.
 *
 * @module
 */
import { concat, delay, equals } from "../../std.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import { connectAndTalk, exchange, expectEcho } from "../judge.ts";
import { digits, line } from "../payloads.ts";
import type { Server } from "../server.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Sizes around the buffers that programs have, in bytes. */
const SIZES = [1, 4, 16, 64].flatMap((kib) => [kib * KIB - 1, kib * KIB, kib * KIB + 1]);

/** How long a server may take that has to have all of a large message first, in milliseconds. */
const LARGE_MS = 15_000;

/** How long nothing may come that was not asked for, in milliseconds. */
const SILENCE_MS = 300;

const utf8 = new TextEncoder();

/** The simple ones first. */
export const MESSAGE_CASES: readonly Case<Server>[] = [
  {
    id: "silence",
    title: "nothing comes before something was sent",
    async run(server) {
      const probe = await server.connect();
      await probe.wait(1, SILENCE_MS);
      const before = probe.take();
      if (before.length > 0) {
        server.greeting = before; // the other cases go on after it
        const saw = `${before.length} bytes came before anything was sent`;
        throw new Wrong(saw, "greets first: an echo server sends nothing of its own");
      }
      return "nothing came";
    },
  },
  {
    id: "hello",
    isBasis: true,
    title: "a line comes back",
    async run(server) {
      await connectAndTalk(server, line("Hello, world 123"));
      return `"Hello, world 123" came back`;
    },
  },
  {
    id: "second",
    isBasis: true,
    title: "a second message on the same connection comes back",
    async run(server) {
      const probe = await connectAndTalk(server, line("11"));
      await exchange(probe, server.message(line("22")), [line("11")]);
      return "both came back";
    },
  },
  {
    id: "shorter",
    title: "a message that is shorter than the one before comes back alone",
    async run(server) {
      const probe = await connectAndTalk(server, line("1234567890"));
      await exchange(probe, server.message(line("1")), [line("1234567890")]);
      return "2 bytes came back after 11";
    },
  },
  {
    id: "no-line-end",
    title: "a message without a line end comes back",
    async run(server) {
      if (server.dialect !== "raw") throw new Skip("only for raw");
      await connectAndTalk(server, utf8.encode("12345"));
      return "5 bytes came back";
    },
  },
  {
    id: "all-bytes",
    title: "each of the 256 bytes comes back",
    async run(server) {
      const all = Uint8Array.from({ length: 256 }, (_, index) => (index + 1) % 256);
      const payload = server.dialect === "lines" ? all.filter((byte) => byte !== 0x0a) : all;
      await connectAndTalk(server, concat([payload, utf8.encode("\n")]));
      return "all came back";
    },
  },
  {
    id: "not-utf8",
    title: "bytes that are no text come back",
    async run(server) {
      await connectAndTalk(server, new Uint8Array([0xff, 0xfe, 0xc3, 0x28, 0x80, 0x0a]));
      return "ff fe c3 28 80 came back";
    },
  },
  {
    id: "controls",
    title: "CR, NUL and empty lines come back",
    async run(server) {
      if (server.dialect === "lines") throw new Skip("of lines, the line end is no part");
      await connectAndTalk(server, utf8.encode("1\r\n\r2\0\n\n3\r\n"));
      return "all came back";
    },
  },
  {
    id: "sizes",
    title: "messages around 1, 4, 16 and 64 KiB come back",
    timeout: 20_000,
    async run(server) {
      const probe = await server.connect();
      for (const size of SIZES) await exchange(probe, server.message(digits(size)), [digits(64)]);
      return `${SIZES.length} sizes came back`;
    },
  },
  {
    id: "large",
    title: "16 MiB come back",
    timeout: 60_000,
    async run(server) {
      const probe = await server.connect();
      const message = server.message(digits(16 * MIB - 1));
      void probe.send(message.sent); // reading goes on meanwhile
      await expectEcho(probe, message.wanted, [], LARGE_MS);
      return "all came back";
    },
  },
  {
    id: "drip",
    title: "a message that comes byte by byte comes back",
    async run(server) {
      const probe = await server.connect();
      const { sent, wanted } = server.message(line("1234567890"));
      for (const byte of sent) {
        await probe.send(new Uint8Array([byte]));
        await delay(5);
      }
      await expectEcho(probe, wanted);
      return `${sent.length} writes came back`;
    },
  },
  {
    id: "split-character",
    title: "a character that is cut between two packets comes back",
    async run(server) {
      const probe = await server.connect();
      const { sent, wanted } = server.message(line("2 €"));
      const cut = sent.indexOf(0xe2) + 1;
      await probe.send(sent.subarray(0, cut));
      await delay(50);
      await probe.send(sent.subarray(cut));
      await expectEcho(probe, wanted);
      return "it came back";
    },
  },
  {
    id: "burst",
    title: "a thousand messages in one write come back, in their order",
    async run(server) {
      const probe = await server.connect();
      const messages = Array.from(
        { length: 1000 },
        (_, number) => server.message(line(`${number}`)),
      );
      await probe.send(concat(messages.map(({ sent }) => sent)));
      await expectEcho(probe, concat(messages.map(({ wanted }) => wanted)));
      return "all came back, in order";
    },
  },
  {
    id: "pipelining",
    title: "a client that reads late gets everything",
    timeout: 30_000,
    run: (server) => sendWithoutReading(server),
  },
];

/** Writes until nothing more is taken, and only then reads. */
async function sendWithoutReading(server: Server): Promise<string> {
  const probe = await server.connect(false);
  const { sent, wanted } = server.message(digits(64 * KIB));
  let count = 0;
  let isDone = false;
  const sending = (async () => {
    for (; count < 256 && !isDone; count++) await probe.send(sent);
  })();
  for (let before = -1; count < 256 && probe.written !== before;) {
    before = probe.written;
    await delay(500);
  }
  isDone = true;
  const blocked = count < 256;
  probe.startReading();
  await sending;
  const all = count * wanted.length;
  await probe.wait(all, 20_000);
  const received = probe.take();
  const isRight = received.length === all &&
    Array.from({ length: count }, (_, index) => index * wanted.length)
      .every((at) => equals(received.subarray(at, at + wanted.length), wanted));
  if (isRight) {
    const mib = (all / MIB).toFixed(1);
    return blocked ? `it took ${mib} MiB and then waited` : `it took ${mib} MiB at once`;
  }
  throw new Wrong(
    `${received.length} of ${all} bytes came back`,
    received.length < all ? "loses bytes when a client reads late: it must send all of them" : null,
  );
}
