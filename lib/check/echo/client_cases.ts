/**
 * The cases of several clients: what one does to the others.
 *
 * @module
 */
import { Failure } from "../../failure.ts";
import { delay } from "../../std.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import { ANSWER_MS, connectAndTalk, exchange } from "../judge.ts";
import { digits, line } from "../payloads.ts";
import type { Probe, Server } from "../server.ts";

const KIB = 1024;
const CLIENTS = 50;

/** How long a server may take that has so many clients, in milliseconds: some start a program for each. */
const CROWD_ANSWER_MS = 10_000;

/** The one that may end the server is the last. */
export const CLIENT_CASES: readonly Case<Server>[] = [
  {
    id: "together",
    title: "two clients at the same time are served",
    async run(server) {
      await connectAndTalk(server, line("1")); // it stays
      await talkWhileOthersStay(server, "serves one client at a time");
      return "the second one was served while the first one was there";
    },
  },
  {
    id: "fifty",
    needs: "together",
    title: `${CLIENTS} clients at the same time get their own messages`,
    timeout: 40_000,
    async run(server) {
      const probes = await Promise.all(Array.from({ length: CLIENTS }, () => server.connect()));
      const rounds = Array.from({ length: 3 }, (_, round) => round);
      for (const round of rounds) {
        await Promise.all(probes.map(async (probe, number) => {
          const own = server.message(line(`client ${1000 + number} round ${round}`));
          await exchange(probe, own, [], CROWD_ANSWER_MS).catch((error) => {
            if (!(error instanceof Wrong)) throw error;
            const isLeak = /client 1\d\d\d/.test(error.message.split("came back")[0] ?? "");
            throw isLeak
              ? new Wrong(error.message, "sends one client's messages to another")
              : error;
          });
        }));
      }
      return `${CLIENTS * rounds.length} messages came back to their senders`;
    },
  },
  {
    id: "stalled",
    needs: "fifty",
    title: "a client that does not read disturbs no other",
    timeout: 20_000,
    async run(server) {
      const stalled = await server.connect(false);
      const flood = digits(256 * KIB);
      const sending = (async () => {
        for (let i = 0; i < 64; i++) await stalled.send(server.message(flood).sent);
      })();
      await delay(300);
      await talkWhileOthersStay(server, "stops for all when one client does not read");
      stalled.startReading(); // it leaves politely: a reset is another case
      await sending;
      await stalled.end();
      await stalled.waitForEnd(ANSWER_MS);
      return "another client was served";
    },
  },
  {
    id: "vanish",
    title: "the next client is served after one that leaves without a word",
    async run(server) {
      (await server.connect()).close();
      await connectAndTalk(server, line("1"));
      return "the next one was served";
    },
  },
  {
    id: "rate",
    title: "a hundred clients, one after the other",
    timeout: 30_000,
    async run(server) {
      const begun = performance.now();
      for (let i = 0; i < 100; i++) {
        const probe = await connectWithoutSurplus(server);
        probe.close();
      }
      const seconds = (performance.now() - begun) / 1000;
      return `${Math.round(100 / seconds)} connections a second`;
    },
  },
  {
    id: "reset", // the last one: after it there may be no server any more
    title: "the next client is served after one that resets its connection",
    async run(server) {
      const first = await connectAndTalk(server, line("1"));
      if (!first.reset()) throw new Skip("a connection cannot be reset here: that needs FFI");
      try {
        for (let i = 0; i < 3; i++) {
          await delay(100); // a program that ends takes a moment
          (await connectAndTalk(server, line("1"))).reset();
        }
        await delay(100);
        await connectAndTalk(server, line("1"));
      } catch (error) {
        if (!(error instanceof Failure || error instanceof Wrong)) throw error;
        throw new Wrong(
          `afterwards: ${error.message}`,
          "ends when a client resets its connection: it must handle that error",
        );
      }
      return "the next one was served";
    },
  },
];

async function talkWhileOthersStay(server: Server, diagnosis: string): Promise<void> {
  try {
    await connectAndTalk(server, line("2"));
  } catch (error) {
    if (error instanceof Wrong && /^nothing came back/.test(error.message)) {
      throw new Wrong("nothing came back to another client", diagnosis);
    }
    throw error;
  }
}

/** As fast as the server is: without waiting for bytes that should not come. */
async function connectWithoutSurplus(server: Server): Promise<Probe> {
  const probe = await server.connect();
  const { sent, wanted } = server.message(line("1"));
  await probe.send(sent);
  await probe.wait(wanted.length, ANSWER_MS);
  if (probe.received < wanted.length) throw new Wrong("a client got nothing back");
  return probe;
}
