/**
 * What a case of `echo check` is, and what can come of it.
 *
 * @module
 */

/** What the cases of a suite are about. */
export interface Subject {
  /** Ends what a case has begun: its connections, its programs. `hasPassed` is whether it has. */
  closeAll(hasPassed: boolean): void | Promise<void>;
  /** How much longer a case may take than it says, in milliseconds. */
  readonly extraTime?: number;
}

/** Cases that belong together. */
export interface Suite<S extends Subject> {
  /** Its name: `echo`. */
  name: string;
  /** What is judged, as the subject of a diagnosis: `server`. */
  judged: string;
  /** Its cases, in the order in which they are run. */
  cases: readonly Case<S>[];
}

/** One case: something that everything right does. */
export interface Case<S extends Subject> {
  /** Its short name: `half-close`. */
  id: string;
  /** What is right, as a sentence. */
  title: string;
  /** How long it may take, in milliseconds. */
  timeout?: number;
  /** A case without which this one says nothing. */
  needs?: string;
  /** Whether nothing else says anything where this one fails. */
  isBasis?: boolean;
  /** Whether it measures: what was seen is of interest also where it passed. */
  isMeasurement?: boolean;
  /** Tries it; returns what was seen. Throws a `Wrong` for a server that does not, or a `Skip`. */
  run(subject: S): Promise<string>;
  /** The points it is worth; 1 when not given. */
  points?: number;
  /** Whether it is a stretch goal: its points come on top, and without it nothing has failed. */
  isStretch?: boolean;
}

/** Something that is not right. */
export class Wrong extends Error {
  /** What was seen; and the mistake that explains it, as in `the server ...`, where it is known. */
  constructor(
    saw: string,
    readonly diagnosis: string | null = null,
    /** What has the mistake, where it is not what the suite judges: `client`. */
    readonly judged: string | null = null,
  ) {
    super(saw);
  }
}

/** A case that says nothing here, and why. */
export class Skip extends Error {}

/** What came of a case. */
export interface Outcome {
  /** The suite of the case. */
  suite: string;
  /** The case. */
  id: string;
  /** Its title. */
  title: string;
  /** What came of it. */
  status: "passed" | "failed" | "skipped";
  /** What was seen, or why it was skipped. */
  saw: string;
  /** The mistake in the words of a learner, where one is known. */
  diagnosis: string | null;
  /** What has the mistake: `server`. */
  judged: string;
  /** Whether what was seen is a measurement. */
  isMeasurement: boolean;
  /** The points the case is worth. */
  points: number;
  /** Whether these come on top. */
  isStretch: boolean;
  /** Whether it was skipped since another case has failed. */
  isConsequence: boolean;
  /** How long it took, in milliseconds. */
  time: number;
}
