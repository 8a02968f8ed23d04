/**
 * The walls of the house, as a lint plugin: who may import whom, and what only one place may do.
 * A change of the architecture is a change of a row here. It cannot see through a computed
 * `import(path)`, nor through a Node module that does the work of `Deno` and stands in no row.
 *
 * @module
 */

/** What one part of the program may import besides itself. */
interface Imports {
  readonly values: readonly string[];
  /** Known by their types only: the things themselves are handed in. */
  readonly types?: readonly string[];
}

/** Stands for every import that is no file of ours: npm and node. */
const PACKAGES = "packages";
const COMMON = [PACKAGES, "lib/std.ts", "lib/failure.ts"];
const BELOW_CLI = "text wire net certs server client bench console log".split(" ");

const IMPORTS: Readonly<Record<string, Imports>> = {
  "main.ts": { values: ["lib/cli/command.ts", "lib/cli/exit.ts"] },
  "lib/failure.ts": { values: [] },
  "lib/std.ts": { values: [PACKAGES] },
  "lib/text": { values: [] },
  "lib/wire": { values: COMMON },
  "lib/net": { values: [...COMMON, "lib/text"] },
  "lib/certs": { values: [...COMMON, "lib/text"] },
  "lib/server": { values: [...COMMON, "lib/wire"], types: ["lib/net"] },
  "lib/client": { values: [...COMMON, "lib/wire"], types: ["lib/net"] },
  "lib/bench": { values: [...COMMON, "lib/wire"], types: ["lib/net"] },
  "lib/console": { values: [...COMMON, "lib/text"], types: ["lib/server", "lib/client"] },
  "lib/log": { values: [...COMMON, "lib/text"], types: ["lib/server", "lib/client"] },
  // deno.json holds the version that `echo --version` says.
  "lib/cli": { values: [...COMMON, ...BELOW_CLI.map((it) => `lib/${it}`), "deno.json"] },
};

/** Pure parts: they do not even name a type of `Deno`. */
const PURE = ["lib/text", "lib/failure.ts"];

/** What may be done in some files, or folders (ending in `/`), and nowhere else. */
interface Place {
  readonly only: readonly string[];
  /** Globals, members of `Deno` (each with its `Sync` form), and modules that do the same. */
  readonly may: readonly string[];
}

const PLACES: readonly Place[] = [
  { only: ["main.ts"], may: deno("exit exitCode") },
  { only: ["lib/cli/"], may: deno("env addSignalListener removeSignalListener") },
  { only: ["lib/console/screen.ts"], may: ["console", ...deno("stdout stderr")] },
  {
    only: ["lib/console/keyboard.ts"],
    may: [...deno("stdin"), "node:readline", "node:readline/promises"],
  },
  { only: ["lib/console/keyboard.ts", "lib/cli/bench.ts"], may: ["node:process"] },
  { only: ["lib/net/socket.ts"], may: deno("dlopen") },
  {
    only: ["lib/net/"],
    may: [
      ...deno("listen listenTls connect connectTls startTls listenDatagram resolveDns serve"),
      ...["node:net", "node:tls", "node:dgram", "node:dns"],
    ],
  },
  { only: ["lib/cli/bench.ts", "lib/certs/store.ts"], may: deno("writeTextFile") },
  {
    only: ["lib/log/file.ts", "lib/certs/store.ts", "lib/server/history.ts"],
    may: [
      ...deno("writeFile open create mkdir rename copyFile chmod remove"),
      ...deno("makeTempFile makeTempDir truncate symlink link"),
      ...["node:fs", "node:fs/promises"],
    ],
  },
];

function deno(members: string): string[] {
  return members.split(" ").map((it) => `Deno.${it}`);
}

/** Where this checkout lies; the folders above it may have any name, also `lib` or `tests`. */
const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** `lib/net/conn.ts` is part of `lib/net`; a file outside of lib stands for itself. */
function partOf(path: string): string {
  return path.startsWith("lib/") ? path.split("/", 2).join("/") : path;
}

/** What is wrong with using this here, if anything is. */
function judgeUse(path: string, name: string): string | undefined {
  const only = PLACES.find(({ may }) => may.includes(name.replace(/Sync$/, "")))?.only;
  if (only === undefined) return;
  if (only.some((it) => it.endsWith("/") ? path.startsWith(it) : path === it)) return;
  return `${name} belongs in ${only.join(", ")} only`;
}

/** What is wrong with this import, if anything is. */
function judgeImport(path: string, specifier: string, typesOnly: boolean): string | undefined {
  const from = partOf(path);
  const { values = [], types = [] } = IMPORTS[from] ?? {};
  const ours = specifier.startsWith(".");
  const file = ours ? new URL(specifier, `file:///${path}`).pathname.slice(1) : PACKAGES;
  const to = partOf(file);
  if (to === from || values.includes(to) || values.includes(file)) {
    return typesOnly ? undefined : judgeUse(path, specifier);
  }
  const known = types.includes(to);
  if (known && typesOnly) return;
  const verdict = known
    ? `may import only types of ${to}`
    : `may not import ${ours ? to : specifier}`;
  return `${from} ${verdict} (docs/architecture.md: imports run one way)`;
}

/** What is wrong with this mention of `Deno`, if anything is. */
function judgeDeno(path: string, node: Deno.lint.Identifier): string | undefined {
  const { parent } = node;
  if (PURE.includes(partOf(path))) return `${partOf(path)} is pure: it does without Deno`;
  if (parent.type === "TSQualifiedName" || parent.type === "TSTypeQuery") return;
  if (parent.type === "MemberExpression" && parent.object === node) {
    const { computed, property } = parent;
    if (!computed && property.type === "Identifier") return judgeUse(path, `Deno.${property.name}`);
    if (property.type === "Literal") return judgeUse(path, `Deno.${property.value}`);
  }
  // An alias of Deno, or a member taken out of it, would walk through every wall.
  return "name members of Deno in full, as in Deno.exit";
}

/** `import type`, or `type` before every name; without names the module is run, not known. */
function areTypes(whole: string, names: string[]): boolean {
  return whole === "type" || (names.length > 0 && names.every((it) => it === "type"));
}

const walls: Deno.lint.Rule = {
  create(context) {
    const { filename } = context;
    const path = filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename;
    // No walls in tests, tools and examples.
    if (path !== "main.ts" && !path.startsWith("lib/")) return {};

    function report(node: Deno.lint.Node, message: string | undefined): void {
      if (message !== undefined) context.report({ node, message });
    }

    if (!(partOf(path) in IMPORTS)) {
      return { Program: (node) => report(node, `${partOf(path)} needs a row in .ci/walls.ts`) };
    }
    return {
      ImportDeclaration(node) {
        const names = node.specifiers.map((it) => "importKind" in it ? it.importKind : "value");
        report(node, judgeImport(path, node.source.value, areTypes(node.importKind, names)));
      },
      ExportNamedDeclaration(node) {
        if (node.source === null) return;
        const names = node.specifiers.map((it) => it.exportKind);
        report(node, judgeImport(path, node.source.value, areTypes(node.exportKind, names)));
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

/** The plugin that deno.json names; its one rule is `echo/walls`. */
const plugin: Deno.lint.Plugin = { name: "echo", rules: { walls } };
export default plugin;
