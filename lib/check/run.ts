/**
 * Runs the cases of a suite, one after the other.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { type Case, type Outcome, Skip, type Subject, type Suite, Wrong } from "./case.ts";

const NO_TIME = "the time is over";

/** How long a case may take that says nothing else, in milliseconds. */
const CASE_TIMEOUT_MS = 30_000;

/**
 * Runs the cases of `suite`, and calls `onOutcome` after each. A mistake counts once: what follows from one that was
 * found before is skipped, and says so. Ends early, and skips the rest, at `signal`.
 */
export async function runSuite<S extends Subject>(
  { name, judged, cases }: Suite<S>,
  subject: S,
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let basis: string | null = null;
  for (const it of cases) {
    const begun = performance.now();
    const missing = outcomes.find(({ id, status }) => id === it.needs && status !== "passed");
    const cause = basis ?? missing?.id ?? null;
    const result = signal.aborted
      ? { ...skipped(NO_TIME), isConsequence: true }
      : cause === null
      ? withoutConsequences({ judged, ...await runCase(it, subject, signal) }, outcomes)
      : consequenceOf(cause);
    if (it.isBasis && result.status === "failed") basis = it.id;
    const time = performance.now() - begun;
    const { id, title, isMeasurement = false, points = 1, isStretch = false } = it;
    const fields = { suite: name, id, title, judged, isMeasurement, points, isStretch };
    const outcome = { ...fields, ...result, time };
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}

/** A failure that has the same mistake as an earlier one, or that such a mistake may explain. */
function withoutConsequences(result: Result, outcomes: readonly Outcome[]): Result {
  if (result.status !== "failed") return result;
  const { diagnosis, judged } = result;
  const cause = outcomes.find((it) =>
    it.diagnosis !== null && judged === it.judged &&
    (diagnosis === null || diagnosis === it.diagnosis)
  );
  return cause === undefined ? result : consequenceOf(cause.id);
}

function consequenceOf(id: string): Result {
  return { ...skipped(`it says nothing after the mistake in ${id}`), isConsequence: true };
}

function skipped(saw: string): Result {
  return { status: "skipped", saw, diagnosis: null, isConsequence: false };
}

type Result =
  & Pick<Outcome, "status" | "saw" | "diagnosis" | "isConsequence">
  & Partial<Pick<Outcome, "judged">>;

async function runCase<S extends Subject>(
  it: Case<S>,
  subject: S,
  signal: AbortSignal,
): Promise<Result> {
  const timeout = (it.timeout ?? CASE_TIMEOUT_MS) + (subject.extraTime ?? 0);
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => over.reject(new Wrong(`it was not done within ${timeout / 1000} s`)),
    timeout,
  );
  const stop = () => over.reject(new Skip(NO_TIME));
  signal.addEventListener("abort", stop, { once: true });
  const running = it.run(subject);
  running.catch(() => {}); // what is given up ends with its connections
  let hasPassed = false;
  try {
    const saw = await Promise.race([running, over.promise]);
    hasPassed = true;
    return { status: "passed", saw, diagnosis: null, isConsequence: false };
  } catch (error) {
    if (error instanceof Skip) {
      return { ...skipped(error.message), isConsequence: signal.aborted };
    }
    if (it.isStretch && error instanceof Wrong) {
      return skipped(`a stretch goal that was not reached: ${error.message}`);
    }
    const failed = { status: "failed", isConsequence: false } as const;
    if (error instanceof Wrong) {
      const { message, diagnosis, judged } = error;
      return { ...failed, saw: message, diagnosis, ...(judged === null ? {} : { judged }) };
    }
    if (!(error instanceof Failure) || error.kind === "usage") throw error;
    return { ...failed, saw: reasonOf(error), diagnosis: null };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    await subject.closeAll(hasPassed);
  }
}
