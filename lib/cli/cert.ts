/**
 * `echo cert`: this machine's certificate, and the servers that were trusted on first use.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { fingerprintOf } from "../certs/fingerprint.ts";
import { forgetHost } from "../certs/known_hosts.ts";
import { derOf } from "../certs/pem.ts";
import { createIdentity, loadOrCreateIdentity } from "../certs/store.ts";
import { Failure } from "../failure.ts";
import { type Endpoint, validateIpPort } from "../net/address.ts";
import { advertisedAddress, localNames } from "../net/host.ts";
import { isIpAddress } from "../text/ip.ts";
import { formatHostPort } from "../text/host_port.ts";
import { safeText } from "../text/escape.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { callOf } from "./calling.ts";
import type { Command } from "./command.ts";
import type { ExitCode } from "./exit.ts";
import { timeoutOption } from "./common_options.ts";
import { columns, fingerprint } from "./options.ts";
import { certsDirectory, knownHostsFile } from "./paths.ts";
import { openStdin } from "./stdin.ts";
import { trust } from "./trust.ts";

/** How many arguments each action takes: HOST and PORT, or none. */
const WORDS = { show: 0, new: 0, trust: 2, forget: 2 };

/** Its options. */
export const options = {
  "pin": fingerprint("for trust: accept this fingerprint without asking"),
  ...timeoutOption,
};

/** The command. */
export const cert: Command<typeof options> = {
  usage: "echo cert [show|new|trust HOST PORT|forget HOST PORT] [options]",
  summary:
    `Shows this machine's certificate and what to type on another computer, creates a new one, or
changes which servers this computer trusts.`,
  words: [
    ["show", "the certificate of the server on this machine; created if there is none"],
    [
      "new",
      "create it again, with a new key: clients that trust the old one have to trust it anew",
    ],
    ["trust", "ask about the key of a server, and store it"],
    ["forget", "remove the key of a server"],
  ],
  options,

  async run({ words, options, screen, shutdown }): Promise<ExitCode> {
    const [action = "show", ...args] = words;
    if (!isAction(action)) {
      const why = "there is no such action";
      const hint = "they are show, new, trust and forget";
      throw new Failure("usage", { what: `cannot use "${action}"`, why, hint });
    }
    if (args.length !== WORDS[action]) {
      const why = WORDS[action] === 0 ? "it takes no arguments" : "it takes HOST and PORT";
      throw new Failure("usage", { what: `cannot ${action}`, why });
    }
    if (options.pin !== null && action !== "trust") {
      throw new Failure("usage", { what: "cannot use --pin", why: "it is for echo cert trust" });
    }
    switch (action) {
      case "show": {
        const warn = (problem: string) => screen.printDiagnostic(`echo: ${safeText(problem)}`);
        const directory = certsDirectory();
        const { cert } = await loadOrCreateIdentity(directory, localNames(), new Date(), warn);
        await screen.print(description(cert));
        return 0;
      }
      case "new":
        await screen.print(
          description((await createIdentity(certsDirectory(), localNames())).cert),
        );
        await screen.printDiagnostic(
          "This is a new key. Send SIGHUP to the server, or restart it. On each client that trusts the old\n" +
            "key, type the line above, or copy the new ca.pem.",
        );
        return 0;
      case "trust": {
        const endpoint = endpointOf(args);
        const { pin, timeout } = options;
        const { signal } = shutdown;
        const target = { ...endpoint, authorities: [], protocols: [PROTOCOL], timeout, signal };
        const stdin = openStdin();
        const key = await trust(target, { pin, command: `${callOf("cert")} trust`, stdin, screen });
        await screen.print(`${formatHostPort(endpoint)} is trusted: ${key}`);
        return 0;
      }
      case "forget": {
        const address = formatHostPort(endpointOf(args));
        const file = knownHostsFile();
        if (file !== null && await forgetHost(file, address)) {
          await screen.print(`${address} is forgotten`);
          return 0;
        }
        const why = file === null
          ? "no server is known, since neither HOME nor XDG_DATA_HOME is set"
          : `it is not in "${file}"`;
        throw new Failure("failed", { what: `cannot forget ${address}`, why });
      }
    }
  },
};

function isAction(word: string): word is keyof typeof WORDS {
  return Object.hasOwn(WORDS, word);
}

function endpointOf([host = "", port = ""]: string[]): Endpoint {
  return validateIpPort(host, port, { lowestPort: 1 });
}

/** A certificate as text, and what to type on another computer. */
function description(pem: string): string {
  const certificate = new X509Certificate(pem);
  const key = fingerprintOf(derOf(pem));
  const names = localNames();
  const day = (date: string) => new Date(date).toISOString().slice(0, 10);
  const rows = [
    ["names", names.filter((name) => !isIpAddress(name)).map(safeText).join(" ")],
    ["addresses", names.filter(isIpAddress).join(" ")],
    ["valid", `${day(certificate.validFrom)} to ${day(certificate.validTo)}`],
    ["fingerprint", key],
    ["directory", safeText(certsDirectory())],
  ];
  return `${columns(rows)}

On another computer, with the PORT of the server:
  ${callOf("client")} ${advertisedAddress("::")} PORT --pin ${key}`;
}
