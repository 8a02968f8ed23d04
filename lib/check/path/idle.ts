/**
 * The case of the suite `path` about silence: how long a connection may have it.
 *
 * @module
 */
import { formatDuration } from "../../text/units.ts";
import { type Case, Wrong } from "../case.ts";
import { endOf, pass, type Path } from "./path.ts";
import { line } from "../payloads.ts";
import type { Probe } from "../server.ts";

/** How many connections are silent, each a step longer: so that a silent cut has a time too. */
const STEPS = 10;

/** What connecting and the answers may take besides, in milliseconds. */
const GRACE_MS = 60_000;

/** How much later an end may come on another connection that is as old, in milliseconds. */
const CROSSING_MS = 1_000;

/** A connection is silent for `idle` milliseconds, and then has to echo. */
export function idleCase(idle: number): Case<Path> {
  return {
    id: "path-idle",
    title: `a connection that was silent for ${formatDuration(idle)} still echoes`,
    timeout: idle + GRACE_MS,
    run: (path) => stayIdle(path, idle),
  };
}

async function stayIdle(path: Path, idle: number): Promise<string> {
  const probes = await Promise.all(Array.from({ length: STEPS }, () => path.connect()));
  const begins = await Promise.all(probes.map((probe) => useOnce(path, probe)));
  let survived = 0;
  for (const [index, probe] of probes.entries()) {
    const silence = () => performance.now() - begins[index]!;
    const isEnded = await probe.waitForEnd(idle * (index + 1) / STEPS - silence());
    const silent = silence();
    if (isEnded) throw endInSilence(probe, silent);
    const { isWhole, saw } = await pass(probe, path.server.message(line("2")));
    if (!isWhole) {
      // The end may have crossed the message: then it comes on the next one too, which is silent.
      const next = probes[index + 1];
      if (await next?.waitForEnd(CROSSING_MS)) throw endInSilence(next!, silent);
      throw silentCut(probe, saw, [survived, silent]);
    }
    survived = silent;
  }
  return `it echoed after ${seconds(survived)} of silence`;
}

/** One that was never used may be treated in another way. Returns when its silence began. */
async function useOnce(path: Path, probe: Probe): Promise<number> {
  const { isWhole, saw } = await pass(probe, path.server.message(line("1")));
  if (!isWhole) throw new Wrong(saw, `does not serve ${STEPS} connections at once`);
  return performance.now();
}

function endInSilence(probe: Probe, silent: number): Wrong {
  const after = `after ${seconds(silent)} of silence`;
  return new Wrong(`${endOf(probe)} came ${after}`, `ends a silent connection ${after}`);
}

/** It was cut without an end, between these times of silence. */
function silentCut(probe: Probe, saw: string, [survived, silent]: [number, number]): Wrong {
  const times = `between ${seconds(survived)} and ${seconds(silent)} of silence`;
  const next = probe.ended === null
    ? "the next message is lost, and no end comes"
    : "the next message meets the end";
  return new Wrong(
    `after ${seconds(silent)} of silence: ${saw}`,
    `forgets a silent connection ${times}: ${next}`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
