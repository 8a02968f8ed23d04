/**
 * The lint rule `echo/words`: comments and names of the program use the standard words of the field.
 * A maintainer must understand each name without knowing the history of this project.
 *
 * @module
 */
import { isProgram, pathInCheckout } from "./paths.ts";

/** Words for unnamed persons. A peer, client, listener, subscriber or sink has its own noun. */
const PERSONS = "who whom nobody somebody everybody".split(" ");

/** Words of speech and debt. A name states the mechanism: emitted, received, pending, expected. */
const SPEECH = "told said heard owe owed wish wished".split(" ");

/** Names that this project used before, and the standard name of each. */
const STANDARD_NAMES: Readonly<Record<string, string>> = {
  // lib/server
  Door: "ConnectionLimiter",
  FarDoor: "RemoteLimiter",
  Refusal: "Rejection",
  Refusals: "RejectionReporter",
  TOLD_AT_ONCE: "MAX_REJECTION_NOTICES",
  sourceOf: "addressPrefix",
  perSource: "maxPerPrefix",
  Watched: "Monitored",
  Stillness: "ProgressTimer",
  hear: "enqueue or receive",
  depart: "close",
  confess: "sendDropNotice",
  orderAll: "broadcast",
  Teller: "EventForwarder",
  Crew: "WorkerPool",
  converse: "run",
  obey: "runCommand",
  echoInPieces: "echoStreaming",
  untilTaken: "awaitFlush",
  sayFarewell: "drain",
  dismiss: "closeWithError",
  verdict: "closeReason",
  Ending: "CloseInfo",
  endingOf: "classifyClose",
  SHOWN: "EVENT_PAYLOAD_LIMIT",
  QUIET: "DRAIN_QUIET_MS",
  LINGER: "LINGER_TIMEOUT_MS",
  LAST_MOMENT: "ABORT_GRACE_MS or EXIT_GRACE_MS",
  OfConnection: "ConnectionEvent",
  oneByOne: "expandBatches",
  // lib/wire
  Sweep: "Batch",
  sweep: "takeBuffered",
  restOf: "remainingChunks",
  LEEWAY: "UNBUDGETED_FACTOR",
  NoRoom: "MemoryLimitExceeded",
  spoken: "formatBroadcastLine",
  // lib/client
  Patience: "ResponseTimeout",
  isOver: "expired",
  Speech: "ClientFraming",
  SPEECHES: "CLIENT_FRAMINGS",
  manyLines: "multiline",
  unasked: "unsolicited",
  untilGone: "orFinish",
  Remembered: "RecentMessages",
  underWay: "inFlight",
  overtaken: "reordered",
  stranger: "otherSender or wrongProtocol",
  STRAGGLERS: "LATE_ECHO_WAIT_MS",
  isUnheard: "isPortUnreachable",
  // lib/net, lib/text and lib/certs
  patiently: "retryAddrInUse",
  Ends: "FourTuple",
  doomed: "pendingShutdowns",
  nameOf: "sockaddrOf",
  keyOf: "sockaddrKey",
  ownNames: "localNames",
  isEverywhere: "isUnspecified",
  plainAddress: "unmapIPv4",
  showAddress: "formatHostPort",
  goodLeaf: "loadValidLeaf",
  obstacleTo: "pinningProblem",
  // lib/console and lib/cli
  Asked: "TrustPrompt",
  complain: "printDiagnostic",
  toScreenInPassing: "lossyScreenSink",
  toAll: "fanOut",
  inviteOthers: "printConnectHint",
  // lib/bench, and constants of any folder
  GRAIN: "CLOCK_SLACK_MS",
  WAVE: "CONNECT_BATCH",
  nines: "nineCount",
  LIMIT: "a quantity with its unit, such as MAX_PENDING_BYTES",
  LINE_LIMIT: "a quantity with its unit, such as MAX_LINE_BYTES",
  INTERVAL: "a quantity with its unit, such as FLUSH_INTERVAL_MS",
};

/** Splits `oweOrNot`, `ONE_WISH` or `isTold` into words in lower case. */
function wordsOf(name: string): string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  return words.map((word) => word.toLowerCase());
}

/** Returns what is wrong with a name, if anything is. */
function judgeName(name: string): string | undefined {
  if (Object.hasOwn(STANDARD_NAMES, name)) {
    return `"${name}" is not a standard name: write ${STANDARD_NAMES[name]}`;
  }
  const words = wordsOf(name);
  const person = words.find((word) => PERSONS.includes(word));
  if (person !== undefined) {
    return `"${name}" contains "${person}": name the client, peer, listener, subscriber or sink`;
  }
  const speech = words.find((word) => SPEECH.includes(word));
  if (speech === undefined) return;
  return `"${name}" contains "${speech}": name the mechanism, such as emitted, received or pending`;
}

/** Whether `node` declares its name. The rule ignores uses: another module may own the name. */
function isDeclaration(node: Deno.lint.Identifier | Deno.lint.PrivateIdentifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "Property":
      if (parent.parent.type === "ObjectPattern") return parent.value === node;
      return parent.key === node && !parent.computed && !parent.shorthand;
    case "ImportSpecifier":
      return parent.local === node && nameIn(parent.imported) !== node.name;
    case "ExportSpecifier":
      return parent.exported === node && nameIn(parent.local) !== node.name;
    case "AssignmentPattern":
      return parent.left === node;
    case "ArrayPattern":
    case "RestElement":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return true;
  }
  const { id, key, name, param, parameter, params, parameters } = parent as unknown as Readonly<
    Record<string, unknown>
  >;
  return [id, key, name, param, parameter, params, parameters].flat().includes(node);
}

function nameIn(node: Deno.lint.Identifier | Deno.lint.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}

/** Rejects words for unnamed persons in comments, and names that are not standard. */
export const words: Deno.lint.Rule = {
  create(context) {
    const path = pathInCheckout(context.filename);
    if (!isProgram(path)) return {};

    function checkName(node: Deno.lint.Identifier | Deno.lint.PrivateIdentifier): void {
      if (!isDeclaration(node)) return;
      const message = judgeName(node.name);
      if (message !== undefined) context.report({ node, message });
    }

    return {
      Program() {
        for (const { value, range } of context.sourceCode.getAllComments()) {
          for (const match of value.matchAll(new RegExp(`\\b(?:${PERSONS.join("|")})\\b`, "gi"))) {
            const start = range[0] + 2 + match.index; // a comment starts with two characters
            const message = `a comment contains "${match[0]}": ` +
              "name the client, peer, listener, subscriber or sink";
            context.report({ range: [start, start + match[0].length], message });
          }
        }
      },
      Identifier: checkName,
      PrivateIdentifier: checkName,
    };
  },
};
