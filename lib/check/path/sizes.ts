/**
 * The cases of the suite `path` about amounts: how large a message may be, what becomes of the end of
 * a long one, and how long all of it takes.
 *
 * @module
 */
import { formatSize } from "../../text/units.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import { ANSWER_MS } from "../judge.ts";
import { collect, pass, type Path } from "./path.ts";
import { digits } from "../payloads.ts";
import { directionsOf, mbPerSecond, roundTripsIn, type Transfer, transferWhole } from "./times.ts";
import type { Probe } from "../server.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Doubled from the smallest to the largest, in bytes. */
const SIZES = Array.from({ length: 15 }, (_, power) => KIB * 2 ** power);

/** A slow path gets no larger messages after so much time, in milliseconds. */
const SIZES_BUDGET_MS = 60_000;

/** Several segments, so that some of it is under way at the client's end, in bytes. */
const TAIL_BYTES = 256 * KIB;

const ROUND_TRIPS = 50;
const ROUND_TRIP_BYTES = 64;

const RATE_SIZES = [KIB, 64 * KIB, MIB];

/** How long messages of one size are repeated, in milliseconds. */
const RATE_MS = 500;

/** The first one finds what the others keep to. */
export const SIZE_CASES: readonly Case<Path>[] = [
  {
    id: "path-size",
    isMeasurement: true,
    title: `messages of ${formatSize(KIB)} to ${formatSize(SIZES.at(-1)!)} come back whole`,
    timeout: 2 * SIZES_BUDGET_MS,
    run: findLargest,
  },
  {
    id: "path-half-close",
    title: "after the client's end the rest of its echo comes, and then the end",
    async run(path) {
      const probe = await path.connect();
      const { sent, wanted } = path.server.message(digits(Math.min(TAIL_BYTES, path.largest)));
      await probe.send(sent);
      await probe.end();
      const { isWhole, saw } = await collect(probe, wanted);
      if (!isWhole) throw lostTail(probe, saw);
      if (!await probe.waitForEnd(ANSWER_MS)) {
        const open = `the connection was still open ${ANSWER_MS / 1000} s after the client's end`;
        throw new Wrong(open, "does not pass the end of one direction on: connections stay open");
      }
      // Over TLS a server may leave out close_notify, which looks the same.
      if (probe.ended === "lost" && path.tls === null) {
        throw new Wrong("all came back, and then a reset", "turns the end into a reset");
      }
      return "the rest of the echo came, and then the end";
    },
  },
  {
    id: "path-latency",
    isMeasurement: true,
    title: `${ROUND_TRIPS} round trips of ${ROUND_TRIP_BYTES} bytes`,
    timeout: 60_000,
    async run(path) {
      const probe = await path.connect();
      const message = path.server.message(digits(ROUND_TRIP_BYTES));
      const times: number[] = [];
      for (let i = 0; i < ROUND_TRIPS; i++) times.push((await transferWhole(probe, message)).total);
      return roundTripsIn(times);
    },
  },
  {
    id: "path-rate",
    isMeasurement: true,
    title: "the rate of messages, each after the echo of the one before",
    timeout: 120_000,
    run: measureRates,
  },
];

/** Each on a connection of its own: it is a limit of messages, and not of connections. */
async function findLargest(path: Path): Promise<string> {
  const begun = performance.now();
  let passed: number | null = null;
  for (const size of SIZES) {
    const sizeBegun = performance.now();
    const probe = await path.connect();
    const { isWhole, saw } = await pass(probe, path.server.message(digits(size)));
    if (!isWhole) {
      path.largest = passed ?? ROUND_TRIP_BYTES;
      throw new Wrong(`of ${formatSize(size)}: ${saw}`, limitOf(size, passed));
    }
    probe.close();
    passed = size;
    const now = performance.now();
    const isSlow = now - begun + 2 * (now - sizeBegun) > SIZES_BUDGET_MS;
    if (isSlow && size !== SIZES.at(-1)) {
      path.largest = size;
      return `${formatSize(size)} came back; the path is too slow to try larger ones`;
    }
  }
  return `the largest, ${formatSize(passed!)}, came back`;
}

function limitOf(size: number, passed: number | null): string {
  const stops = `stops at messages of ${formatSize(size)}`;
  return passed === null ? stops : `${stops}: the largest that passes has ${formatSize(passed)}`;
}

function lostTail(probe: Probe, saw: string): Wrong {
  return new Wrong(
    saw,
    probe.ended === null
      ? "loses what was sent just before the client's end"
      : "closes both directions when the client ends its own: what is on its way back is lost",
  );
}

async function measureRates(path: Path): Promise<string> {
  const sizes = RATE_SIZES.filter((size) => size <= path.largest);
  if (sizes.length === 0) throw new Skip("no message of these sizes passes");
  const rates: string[] = [];
  let longest: Transfer[] = [];
  for (const size of sizes) {
    longest = await transfersOf(path, size);
    const time = longest.reduce((sum, { total }) => sum + total, 0);
    rates.push(`${formatSize(size)} ${mbPerSecond(size * longest.length, time)}`);
  }
  const directions = directionsOf(longest, formatSize(sizes.at(-1)!));
  return `${rates.join(", ")}, in each direction; ${directions}`;
}

/** At least one, and as many as the time allows. */
async function transfersOf(path: Path, size: number): Promise<Transfer[]> {
  const probe = await path.connect();
  const message = path.server.message(digits(size));
  await transferWhole(probe, message); // the first one finds how fast the network is
  const transfers: Transfer[] = [];
  for (const begun = performance.now(); performance.now() - begun < RATE_MS;) {
    transfers.push(await transferWhole(probe, message));
  }
  probe.close(); // while others are measured, it would be silent
  return transfers;
}
