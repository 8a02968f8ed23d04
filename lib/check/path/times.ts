/**
 * How long messages take through a path, and what that says about its two directions.
 *
 * @module
 */
import { Wrong } from "../case.ts";
import { ANSWER_MS } from "../judge.ts";
import { collect } from "./path.ts";
import type { Message, Probe } from "../server.ts";

/** The times of a message since its first write began, in milliseconds, and what came when. */
export interface Transfer {
  /** When the first byte of the echo came. */
  first: number;
  /** When the system had taken the last byte. Buffers on the way may still have had it. */
  sent: number;
  /** When the last byte of the echo came. */
  total: number;
  /** How many bytes came after `sent`. */
  late: number;
}

/** Sends a message and reads its echo. Throws a `Wrong` where that is lost. */
export async function transferWhole(probe: Probe, message: Message): Promise<Transfer> {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  let sent = 0;
  let late = 0;
  const sending = probe.send(message.sent).then(() => {
    sent = since();
    late = message.wanted.length - probe.received;
  });
  await probe.wait(1, ANSWER_MS);
  const first = since();
  const { isWhole, saw } = await collect(probe, message.wanted);
  const total = since();
  if (!isWhole) throw new Wrong(saw, "loses a message among many");
  await sending;
  return { first, sent: Math.min(sent, total), total, late };
}

/** Median and spread of round trips in milliseconds, in words. */
export function roundTripsIn(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const [shortest, longest] = [sorted[0]!, sorted.at(-1)!];
  const changes = times.slice(1).map((time, index) => Math.abs(time - times[index]!));
  const jitter = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  return `median ${ms(medianOf(times))}, from ${ms(shortest)} to ${ms(longest)}, ` +
    `jitter ${ms(jitter)} (the mean change from one to the next)`;
}

/**
 * Where the time of messages of this `size` goes, in words. An echo has the same bytes in both
 * directions, which are under way together: only the time before the first one, and the rest after
 * the last write, belong to one of them.
 */
export function directionsOf(transfers: readonly Transfer[], size: string): string {
  const first = ms(medianOf(transfers.map((it) => it.first)));
  const sent = ms(medianOf(transfers.map((it) => it.sent)));
  const begin = `of ${size} the echo began after ${first}, and all was sent after ${sent}, ` +
    "or in buffers";
  const [bytes, time] = transfers.reduce(
    ([bytes, time], { late, sent, total }) => [bytes + late, time + total - sent],
    [0, 0],
  );
  if (bytes === 0 || time === 0) return `${begin}, when the whole echo was there`;
  const kb = Math.round(bytes / transfers.length / 1000);
  return `${begin}, when ${kb} kB were to come, at ${mbPerSecond(bytes, time)}`;
}

/** A rate in words, from bytes and milliseconds. */
export function mbPerSecond(bytes: number, time: number): string {
  return `${Number((bytes / time / 1000).toPrecision(3))} MB/s`;
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]!;
}

function ms(time: number): string {
  return `${time.toFixed(3)} ms`;
}
