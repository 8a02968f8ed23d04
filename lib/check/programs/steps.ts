/**
 * Steps that the cases of several assignments share. Each throws a `Wrong` that names the mistake.
 *
 * @module
 */
import { type Case, Skip, Wrong } from "../case.ts";
import type { Assignment, Role } from "./assignment.ts";
import { hasTimestamp } from "./files.ts";
import { type Program, REACTION_MS } from "./program.ts";

/** A line that the sample of an assignment shows. */
export interface Expected {
  /** The line in the sample. */
  like: string;
  /** What a line must have, in any order and case, with any punctuation. */
  has: readonly (string | number)[];
  /** The line to the letter, for `--strict`; a prompt may stand before it. */
  exactly: RegExp;
  /** Whether it has a time, in any usual form. */
  hasTime?: boolean;
  /** What no such line has: `cannot connect` is no `connect`. */
  not?: RegExp;
}

/** Waits until a program prints such a line. */
export async function expectLine(
  role: Role,
  program: Program,
  { like, has, exactly, hasTime = false, not }: Expected,
  isStrict: boolean,
): Promise<void> {
  const wanted = has.map((it) => plainWords(`${it}`));
  const isLike = (line: string) => {
    const words = plainWords(line);
    return wanted.every((it) => words.includes(it)) && !(not?.test(line) ?? false) &&
      (!hasTime || hasTimestamp(line));
  };
  const isThere = isStrict
    ? (text: string) => text.split("\n").some((line) => exactly.test(line.trimEnd()))
    : (text: string) => text.split("\n").some(isLike);
  if (await program.prints(isThere)) return;
  throw new Wrong(printed(program), `does not print a line such as \`${like}\``, role);
}

/** Waits until a program has printed, since it had printed `before`, all of some texts anywhere. */
export async function expectAnywhere(
  role: Role,
  program: Program,
  { like, has, exactly }: Expected,
  { isStrict, before }: { isStrict: boolean; before: number },
): Promise<void> {
  if (isStrict) return await expectLine(role, program, { like, has, exactly }, true);
  const wanted = has.map((it) => plainWords(`${it}`));
  const isThere = (text: string) => {
    const words = plainWords(text.slice(before));
    return wanted.every((it) => words.includes(it));
  };
  if (await program.prints(isThere)) return;
  throw new Wrong(printed(program), `does not print a line such as \`${like}\``, role);
}

/** Waits until a program prints a text. */
export async function expectText(
  role: Role,
  program: Program,
  text: string,
  diagnosis: string,
  within = REACTION_MS,
): Promise<void> {
  if (await program.prints((all) => all.includes(text), within)) return;
  throw new Wrong(printed(program), diagnosis, role);
}

/** Waits for the end of a program. */
export async function expectEnd(role: Role, program: Program, when: string): Promise<void> {
  if (!await program.ends()) {
    const saw = `${REACTION_MS / 1000} s later it was still there: ${program.describe()}`;
    throw new Wrong(saw, `does not end ${when}`, role);
  }
  expectNoTrace(role, program, when);
}

/** A program that gives up says why. */
export function expectSays(role: Role, program: Program, when: string): void {
  if (program.screen.text.trim() !== "") return;
  throw new Wrong(program.describe(), `says nothing ${when}`, role);
}

/** What an error that was not handled looks like: Python, Node, Java, Go, Rust, C++. */
const TRACES = [
  /^Traceback \(most recent call last\)/m,
  /^ {4}at .+:\d+:\d+\)?$/m,
  /^Exception in thread /m,
  /^\tat .+\(.+\.java:\d+\)$/m,
  /^panic: /m,
  /^thread '.*' .*panicked at /m,
  /^terminate called /m,
];

/** A person must see no trace of an error. */
export function expectNoTrace(role: Role, program: Program, when: string): void {
  const isTrace = TRACES.some((it) => it.test(program.screen.text));
  const signal = program.status?.signal ?? null;
  const isCrash = signal !== null &&
    ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGXFSZ"].includes(signal);
  if (!isTrace && !isCrash) return;
  const how = isTrace ? "prints the trace of an error" : `crashes (${signal})`;
  throw new Wrong(program.describe(), `${how} ${when}`, role);
}

/** A case about one of the programs: where that is our own, it says nothing about the other. */
export function about(role: Role, it: Case<Assignment>): Case<Assignment> {
  const run = (subject: Assignment) => {
    if (!subject.isOurs(role)) return it.run(subject);
    return Promise.reject(new Skip(`it is about the ${role}, which is our own here`));
  };
  return { ...it, run };
}

/** Letters and digits alone, in lower case, with one blank between words. */
export function plainWords(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/** The end of what a program has printed, for a sentence. */
export function printed(program: Program): string {
  const text = program.screen.text.trimEnd();
  if (text === "") return `it has printed nothing (${program.describe()})`;
  const lines = text.split("\n").slice(-3).join(" | ");
  return `it has printed: ${lines.length > 300 ? `${lines.slice(0, 300)}...` : lines}`;
}
