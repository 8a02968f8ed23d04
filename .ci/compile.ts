/**
 * Compiles echo into one file that runs without Deno:
 *
 *     deno task compile               dist/echo, for this machine
 *     deno task compile --target T    dist/echo-T
 *     deno task compile --all         all targets, and SHA256SUMS
 *
 * @module
 */
import deno from "../deno.json" with { type: "json" };
import { parseArgs } from "../lib/std.ts";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** The permissions of all commands together; each gives up those that it does not need. */
const PERMISSIONS = deno.tasks.echo.command.split(" ")
  .filter((word) => word.startsWith("--"));

const { target, all } = parseArgs(Deno.args, {
  string: ["_", "target"],
  boolean: ["all"],
  alias: {},
  "--": true,
  unknown: (argument) => fail(`cannot use "${argument}": it takes --target TARGET or --all`, 2),
}) as { target?: string; all?: boolean };

if (target !== undefined && !TARGETS.includes(target)) {
  fail(`cannot compile for "${target}": the targets are ${TARGETS.join(", ")}`, 2);
}
if (all && Deno.env.get("DENORT_BIN")) {
  fail("cannot compile for all targets with one DENORT_BIN: give each --target its own", 2);
}
if (all) {
  const files: string[] = [];
  for (const target of TARGETS) files.push(await compile(target));
  await Deno.writeTextFile(
    "dist/SHA256SUMS",
    (await Promise.all(files.map(checksumLine))).join(""),
  );
  console.log("wrote dist/SHA256SUMS");
} else {
  await compile(target);
}

/** Compiles for one target, or for this machine. Returns the file name in dist/. */
async function compile(target: string | undefined): Promise<string> {
  const extension = (target ?? Deno.build.target).includes("windows") ? ".exe" : "";
  const name = (target === undefined ? "echo" : `echo-${target}`) + extension;
  const args = [
    "compile",
    "--include=lib/cli/worker.ts", // the server starts it by URL, so no import names it
    ...PERMISSIONS,
    ...await excludeUnused(),
    ...(target === undefined ? [] : ["--target", target]),
    "--output",
    `dist/${name}`,
    "main.ts",
  ];
  const { success, stderr } = await run(args);
  if (!success) {
    const message = new TextDecoder().decode(stderr);
    if (!/denort|Setting up base binary/.test(message)) fail(message.trim());
    fail(
      `cannot compile for ${target ?? "this machine"}: Deno's runtime cannot be downloaded; ` +
        `set DENORT_BIN to a file with the runtime (denort) for it`,
    );
  }
  const { size } = await Deno.stat(`dist/${name}`);
  console.log(`wrote dist/${name}, ${(size / 1e6).toFixed(1)} MB`);
  return name;
}

/** Excludes packages that only tests use. Deno has the option since 2.9. */
async function excludeUnused(): Promise<string[]> {
  const option = "--exclude-unused-npm";
  const { stdout } = await run(["compile", "--help=full"]);
  return new TextDecoder().decode(stdout).includes(option) ? [option] : [];
}

function run(args: string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).output();
}

/** Returns a line in the format of sha256sum. */
async function checksumLine(name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`dist/${name}`));
  return `${new Uint8Array(digest).toHex()}  ${name}\n`;
}

function fail(why: string, code = 1): never {
  console.error(`compile: ${why}`);
  Deno.exit(code);
}
