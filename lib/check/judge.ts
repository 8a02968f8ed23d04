/**
 * Whether what came back is right, and if not, which mistake explains it.
 *
 * @module
 */
import { commonLength, diagnose, quoted } from "../client/diagnosis.ts";
import { equals } from "../std.ts";
import { Wrong } from "./case.ts";
import type { Message, Probe, Server } from "./server.ts";

/** How long a server may take for an answer, in milliseconds. */
export const ANSWER_MS = 5_000;

/** How long to wait for bytes that should not come, in milliseconds. */
const SURPLUS_MS = 30;

/** What counts as progress of a long echo, in bytes. */
const STEP_BYTES = 64 * 1024;

/** Every server reads so much at once, in bytes: no buffer is too small for it. */
const SHORT_BYTES = 64;

/** A server that has sent so much has read more than once, in bytes. */
const STUCK_BYTES = 32 * 1024;

const LINE_END = new Uint8Array([0x0a]);

/** Sends a message and waits for its echo, all of it and no more. Throws a `Wrong`. */
export async function exchange(
  probe: Probe,
  message: Message,
  earlier: Uint8Array[] = [],
  within = ANSWER_MS,
): Promise<void> {
  await probe.send(message.sent);
  await expectEcho(probe, message.wanted, earlier, within);
}

/** Waits for `wanted`, all of it and no more; `within` is the longest pause. Throws a `Wrong`. */
export async function expectEcho(
  probe: Probe,
  wanted: Uint8Array,
  earlier: Uint8Array[] = [],
  within = ANSWER_MS,
): Promise<void> {
  for (let before = -1; before < probe.received && probe.received < wanted.length;) {
    before = probe.received;
    await probe.wait(Math.min(wanted.length, before + STEP_BYTES), within);
  }
  await probe.wait(wanted.length + 1, SURPLUS_MS);
  const received = probe.take();
  if (equals(received, wanted)) return;
  throw await wrongEcho(probe, { received, wanted, earlier }, within);
}

async function wrongEcho(
  probe: Probe,
  echo: { received: Uint8Array; wanted: Uint8Array; earlier: Uint8Array[] },
  within: number,
): Promise<Wrong> {
  const { received, wanted, earlier } = echo;
  const same = commonLength(received, wanted);
  if (received.length === 0) return await noAnswer(probe, wanted, earlier, within);
  if (same === received.length) {
    const saw = `only the first ${same} of ${wanted.length} bytes came back`;
    const isLineEnd = same === wanted.length - 1 && wanted.at(-1) === 0x0a;
    const mistake = diagnose(echo);
    if (mistake !== null) return new Wrong(saw, mistake);
    if (isLineEnd) return new Wrong(saw, "leaves out the line end");
    if (probe.ended !== null && wanted.length < SHORT_BYTES) {
      const how = probe.ended === "closed" ? "closes" : "breaks";
      return new Wrong(saw, `${how} the connection in the middle of a message`);
    }
    const isStuck = probe.ended === null && same >= STUCK_BYTES;
    return new Wrong(
      saw,
      isStuck
        ? "stops in the middle of a long message: it must go on reading while it sends"
        : "reads only once, or only as much as its buffer holds",
    );
  }
  if (same === wanted.length) {
    const surplus = received.subarray(same);
    const saw = `${surplus.length} bytes more than were sent came back: ${quoted(surplus)}`;
    const repeated = equals(surplus.subarray(0, wanted.length), wanted);
    const mistake = repeated
      ? "sends a message back twice"
      : diagnose({ received: surplus, wanted: null, earlier: [wanted, ...earlier] });
    return new Wrong(saw, mistake);
  }
  const from = same > 40 ? same : 0;
  const saw = `${quoted(received.subarray(from))} came back, not ${quoted(wanted.subarray(from))}`;
  const rest = { received: received.subarray(same), wanted: null };
  const again = same === 0
    ? null
    : diagnose({ ...rest, earlier: [wanted.subarray(0, same), ...earlier] });
  return new Wrong(saw, again ?? diagnose(echo));
}

/** Nothing came: it has closed, or waits for more. */
async function noAnswer(
  probe: Probe,
  wanted: Uint8Array,
  earlier: Uint8Array[],
  within: number,
): Promise<Wrong> {
  if (probe.ended !== null) {
    const isClosed = probe.ended === "closed";
    const mistake = earlier.length > 0
      ? "reads only once, and closes after one message"
      : `${isClosed ? "closes" : "breaks"} the connection instead of answering`;
    return new Wrong(`the server ${isClosed ? "closed" : "broke"} the connection`, mistake);
  }
  const saw = `nothing came back within ${within / 1000} s`;
  const mistake = earlier.length > 0 ? "answers the first message alone" : "answers nothing";
  if (wanted.at(-1) === 0x0a) return new Wrong(saw, mistake);
  await probe.send(LINE_END);
  await probe.wait(wanted.length, ANSWER_MS);
  const isLines = probe.take().length > 0;
  return new Wrong(saw, isLines ? "answers only when a line end comes" : null);
}

/** A connection on which a message comes back. Throws a `Wrong`. */
export async function connectAndTalk(server: Server, payload: Uint8Array): Promise<Probe> {
  const probe = await server.connect();
  await exchange(probe, server.message(payload));
  return probe;
}
