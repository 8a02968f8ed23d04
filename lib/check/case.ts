/**
 * What a case of `echo check` is, and what can come of it.
 *
 * @module
 */
import type { Server } from "./server.ts";

/** One case: something that every right server does. */
export interface Case {
  /** Its short name: `half-close`. */
  id: string;
  /** What a right server does, as a sentence. */
  title: string;
  /** How long it may take, in milliseconds. */
  timeout?: number;
  /** A case without which this one says nothing. */
  needs?: string;
  /** Whether nothing else says anything where this one fails. */
  isBasis?: boolean;
  /** Tries it; returns what was seen. Throws a `Wrong` for a server that does not, or a `Skip`. */
  run(server: Server): Promise<string>;
}

/** A server that does something else. */
export class Wrong extends Error {
  /** What was seen; and the mistake that explains it, as in `the server ...`, where one is known. */
  constructor(saw: string, readonly diagnosis: string | null = null) {
    super(saw);
  }
}

/** A case that says nothing here, and why. */
export class Skip extends Error {}

/** What came of a case. */
export interface Outcome {
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
  /** Whether it was skipped since another case has failed. */
  isConsequence: boolean;
  /** How long it took, in milliseconds. */
  time: number;
}
