/**
 * The lint rule `echo/walls`: which part may import which, and which file may use which system call.
 * A change of the architecture changes a row here. The rule misses a computed `import(path)`. It also
 * misses a Node module that replaces a part of `Deno` and has no row.
 *
 * @module
 */
import { isProgram, pathInCheckout } from "./paths.ts";

/** The parts that one part of the program may import, besides itself. */
interface Imports {
  readonly values: readonly string[];
  /** Parts of which only types may be imported. The caller passes the objects. */
  readonly types?: readonly string[];
}

/** Every import from outside the checkout: npm and node. */
const PACKAGES = "packages";
const COMMON = [PACKAGES, "lib/std.ts", "lib/failure.ts", "lib/race.ts"];
const BELOW_CLI = "text wire net certs server admin client check bench console log".split(" ");

const IMPORTS: Readonly<Record<string, Imports>> = {
  "main.ts": { values: ["lib/cli/command.ts", "lib/cli/exit.ts"] },
  "lib/failure.ts": { values: [] },
  "lib/std.ts": { values: [PACKAGES] },
  "lib/race.ts": { values: [] },
  "lib/text": { values: [PACKAGES, "lib/std.ts"] },
  "lib/wire": { values: COMMON },
  "lib/net": { values: [...COMMON, "lib/text"] },
  "lib/certs": { values: [...COMMON, "lib/text"] },
  "lib/server": { values: [...COMMON, "lib/wire", "lib/text"], types: ["lib/net"] },
  "lib/admin": { values: [...COMMON, "lib/wire", "lib/server"], types: ["lib/net"] },
  "lib/client": { values: [...COMMON, "lib/wire", "lib/text"], types: ["lib/net"] },
  "lib/check": { values: [...COMMON, "lib/wire", "lib/client", "lib/text"], types: ["lib/net"] },
  "lib/bench": { values: [...COMMON, "lib/wire"], types: ["lib/net"] },
  "lib/console": {
    values: [...COMMON, "lib/text"],
    types: ["lib/server", "lib/client", "lib/admin", "lib/check"],
  },
  "lib/log": { values: [...COMMON, "lib/text"], types: ["lib/server", "lib/client"] },
  // deno.json has the version that `echo --version` prints.
  "lib/cli": { values: [...COMMON, ...BELOW_CLI.map((name) => `lib/${name}`), "deno.json"] },
};

/** Pure parts. They may not even use a type of `Deno`. */
const PURE = ["lib/text", "lib/failure.ts"];

/** Names that only some files or folders (ending in `/`) may use. */
interface Place {
  readonly only: readonly string[];
  /** Globals, members of `Deno` (each with its `Sync` form), and equivalent modules. */
  readonly may: readonly string[];
}

const PLACES: readonly Place[] = [
  { only: ["main.ts"], may: deno("exit exitCode") },
  { only: ["lib/cli/permissions.ts"], may: deno("permissions") },
  { only: ["lib/cli/"], may: deno("env addSignalListener removeSignalListener") },
  { only: ["lib/console/screen.ts"], may: ["console", ...deno("stdout stderr")] },
  {
    only: ["lib/console/keyboard.ts"],
    may: [...deno("stdin"), "node:readline", "node:readline/promises"],
  },
  {
    only: ["lib/console/keyboard.ts", "lib/cli/bench.ts", "lib/cli/admin.ts"],
    may: ["node:process"],
  },
  { only: ["lib/net/libc.ts"], may: deno("dlopen") },
  {
    only: ["lib/check/programs/program.ts", "lib/check/programs/process_tree.ts"],
    may: [...deno("Command kill"), "node:child_process"],
  },
  { only: ["lib/log/telemetry.ts"], may: deno("telemetry") },
  {
    only: ["lib/net/"],
    may: [
      ...deno("listen listenTls connect connectTls startTls listenDatagram resolveDns serve"),
      ...["node:net", "node:tls", "node:dgram", "node:dns"],
    ],
  },
  {
    only: ["lib/cli/bench.ts", "lib/cli/check.ts", "lib/certs/store.ts"],
    may: deno("writeTextFile"),
  },
  {
    only: ["lib/log/file.ts", "lib/log/rotate.ts", "lib/certs/store.ts", "lib/server/history.ts"],
    may: [
      ...deno("writeFile open create mkdir rename copyFile chmod remove"),
      ...deno("makeTempFile makeTempDir truncate symlink link"),
      "node:fs/promises",
    ],
  },
  { only: ["lib/console/screen.ts"], may: ["node:fs"] }, // what kind of file an output is
];

function deno(members: string): string[] {
  return members.split(" ").map((member) => `Deno.${member}`);
}

/** Returns `lib/net` for `lib/net/conn.ts`, and the path itself for a file outside of lib. */
function partOf(path: string): string {
  return path.startsWith("lib/") ? path.split("/", 2).join("/") : path;
}

/** Returns what is wrong with this use, if anything is. */
function judgeUse(path: string, name: string): string | undefined {
  const only = PLACES.find(({ may }) => may.includes(name.replace(/Sync$/, "")))?.only;
  if (only === undefined) return;
  if (only.some((place) => place.endsWith("/") ? path.startsWith(place) : path === place)) return;
  return `${name} belongs in ${only.join(", ")} only`;
}

/** Returns what is wrong with this import, if anything is. */
function judgeImport(path: string, specifier: string, typesOnly: boolean): string | undefined {
  const from = partOf(path);
  const { values = [], types = [] } = IMPORTS[from] ?? {};
  const isLocal = specifier.startsWith(".");
  const file = isLocal ? new URL(specifier, `file:///${path}`).pathname.slice(1) : PACKAGES;
  const to = partOf(file);
  if (to === from || values.includes(to) || values.includes(file)) {
    return typesOnly ? undefined : judgeUse(path, specifier);
  }
  const known = types.includes(to);
  if (known && typesOnly) return;
  const verdict = known
    ? `may import only types of ${to}`
    : `may not import ${isLocal ? to : specifier}`;
  return `${from} ${verdict} (docs/architecture.md: imports run one way)`;
}

/** Returns what is wrong with this use of `Deno`, if anything is. */
function judgeDeno(path: string, node: Deno.lint.Identifier): string | undefined {
  const { parent } = node;
  if (PURE.includes(partOf(path))) return `${partOf(path)} is pure: it does without Deno`;
  if (parent.type === "TSQualifiedName" || parent.type === "TSTypeQuery") return;
  if (parent.type === "MemberExpression" && parent.object === node) {
    const { computed, property } = parent;
    if (!computed && property.type === "Identifier") return judgeUse(path, `Deno.${property.name}`);
    if (property.type === "Literal") return judgeUse(path, `Deno.${property.value}`);
  }
  // An alias of Deno, or a destructured member, would bypass every check.
  return "name members of Deno in full, as in Deno.exit";
}

/** Whether all names are types. An import without names runs the module, so it is no type import. */
function areTypes(declarationKind: string, kinds: string[]): boolean {
  return declarationKind === "type" || (kinds.length > 0 && kinds.every((kind) => kind === "type"));
}

/** Rejects an import, a global or a member of `Deno` in the wrong place. */
export const walls: Deno.lint.Rule = {
  create(context) {
    const path = pathInCheckout(context.filename);
    if (!isProgram(path)) return {};

    function report(node: Deno.lint.Node, message: string | undefined): void {
      if (message !== undefined) context.report({ node, message });
    }

    if (!(partOf(path) in IMPORTS)) {
      return { Program: (node) => report(node, `${partOf(path)} needs a row in .ci/walls.ts`) };
    }
    return {
      ImportDeclaration(node) {
        const kinds = node.specifiers.map((name) =>
          "importKind" in name ? name.importKind : "value"
        );
        report(node, judgeImport(path, node.source.value, areTypes(node.importKind, kinds)));
      },
      ExportNamedDeclaration(node) {
        if (node.source === null) return;
        const kinds = node.specifiers.map((name) => name.exportKind);
        report(node, judgeImport(path, node.source.value, areTypes(node.exportKind, kinds)));
      },
      ExportAllDeclaration(node) {
        report(node, judgeImport(path, node.source.value, node.exportKind === "type"));
      },
      ImportExpression(node) {
        const { source } = node;
        if (source.type === "Literal") report(node, judgeImport(path, `${source.value}`, false));
      },
      TSImportType(node) {
        const { argument } = node;
        if (argument.type !== "TSLiteralType" || argument.literal.type !== "Literal") return;
        report(node, judgeImport(path, `${argument.literal.value}`, true));
      },
      Identifier(node) {
        const { name, parent } = node;
        if (name === "Deno") report(node, judgeDeno(path, node));
        if (name === "console" && parent.type === "MemberExpression" && parent.object === node) {
          report(node, judgeUse(path, name));
        }
      },
    };
  },
};
