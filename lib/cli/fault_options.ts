/**
 * `--fault` and `--seed`: a program that misbehaves on request.
 *
 * @module
 */
import type { FaultPlan, Harm } from "../net/faults/faults.ts";
import { FAULTS, type FaultSpec, parseFault } from "../net/faults/spec.ts";
import { Failure, reasonOf } from "../failure.ts";
import { count, type Option } from "./options.ts";

const MAX_SEED = 999_999_999;

/** `--fault`, which may be given several times. */
export const faultOption: Option<FaultSpec[]> = {
  value: "SPEC",
  isRepeatable: true,
  help: "misbehave, to test others: as in delay=200ms or truncate,after=1k; may be repeated",
  initial: [],
  shown: null,
  parse(text) {
    try {
      return [parseFault(text)];
    } catch (error) {
      const hint = `the faults are ${Object.keys(FAULTS).join(", ")}`;
      throw new Failure("usage", {
        what: `cannot use --fault "${text}"`,
        why: reasonOf(error),
        hint,
      });
    }
  },
  expects: "a fault",
};

/** `--seed`. */
export const seedOption: Option<number | null> = {
  ...count("with --fault: the same seed does the same harm", 0, { min: 0, max: MAX_SEED }),
  initial: null,
  shown: null,
};

/** The plan of these options; null where there is no fault. */
export function faultPlanOf(
  { fault, seed }: { fault: FaultSpec[]; seed: number | null },
  onHarm: (harm: Harm) => void,
): FaultPlan | null {
  if (fault.length === 0) return null;
  return { faults: fault, seed: seed ?? Math.floor(Math.random() * MAX_SEED), onHarm };
}

/** A plan in words: `delay=200ms and reset,conn=2; seed 7`. */
export function describePlan({ faults, seed }: FaultPlan): string {
  return `${faults.map(({ text }) => text).join(" and ")}; seed ${seed}`;
}
