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
import { stdinBytes } from "../console/keyboard.ts";
import { Failure } from "../failure.ts";
import { type Endpoint, validateIpPort } from "../net/address.ts";
import { advertisedAddress, localNames } from "../net/host.ts";
import { formatHostPort } from "../text/host_port.ts";
import { safeText } from "../text/escape.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { ByteReader } from "../wire/reader.ts";
import type { Command } from "./command.ts";
import type { ExitCode } from "./exit.ts";
import { columns, duration, fingerprint } from "./options.ts";
import { certsDirectory, knownHostsFile } from "./paths.ts";
import { trust } from "./trust.ts";

/** How many words each action takes besides its name: HOST and PORT, or none. */
const WORDS = { show: 0, new: 0, trust: 2, forget: 2 };

/** Its options. */
export const options = {
  "pin": fingerprint("the fingerprint to accept without asking, for trust"),
  "timeout": duration("how long the server may take to answer", 10_000),
};

/** The command. */
export const cert: Command<typeof options> = {
  usage: "echo cert [show|new|trust HOST PORT|forget HOST PORT] [options]",
  summary:
    `Shows this machine's certificate and what to type on another computer, makes a new one, or
keeps and forgets which servers this computer trusts.`,
  words: [
    ["show", "the certificate of the server on this machine, made if there is none"],
    ["new", "make it anew, with another key: who trusts the old one has to be told"],
    ["trust", "ask about the key of a server, and keep it"],
    ["forget", "forget the key of a server"],
  ],
  options,

  async run([action = "show", ...words], options, screen, interrupt): Promise<ExitCode> {
    if (!isAction(action)) {
      const why = "there is no such action";
      const hint = "they are show, new, trust and forget";
      throw new Failure("usage", { what: `cannot use "${action}"`, why, hint });
    }
    if (words.length !== WORDS[action]) {
      const why = WORDS[action] === 0 ? "it takes no words" : "it takes HOST and PORT";
      throw new Failure("usage", { what: `cannot ${action}`, why });
    }
    if (options.pin !== null && action !== "trust") {
      throw new Failure("usage", { what: "cannot use --pin", why: "it is for echo cert trust" });
    }
    switch (action) {
      case "show":
        await screen.print(
          description((await loadOrCreateIdentity(certsDirectory(), localNames())).cert),
        );
        return 0;
      case "new":
        await screen.print(
          description((await createIdentity(certsDirectory(), localNames())).cert),
        );
        await screen.printDiagnostic(
          "This is a new key. Send SIGHUP to the server, or start it again; each client that trusts the\n" +
            "old one types the line above, or gets the new ca.pem.",
        );
        return 0;
      case "trust": {
        const endpoint = endpointOf(words);
        const { pin, timeout } = options;
        const { signal } = interrupt;
        const wanted = { ...endpoint, authorities: [], protocols: [PROTOCOL], timeout, signal };
        const stdin = new ByteReader(stdinBytes);
        const key = await trust(wanted, { pin, command: "echo cert trust", stdin, screen });
        await screen.print(`${formatHostPort(endpoint)} is trusted: ${key}`);
        return 0;
      }
      case "forget": {
        const address = formatHostPort(endpointOf(words));
        if (await forgetHost(knownHostsFile(), address)) {
          await screen.print(`${address} is forgotten`);
          return 0;
        }
        const why = `it is not in "${knownHostsFile()}"`;
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

/** A certificate for people, and what they type on another computer. */
function description(pem: string): string {
  const certificate = new X509Certificate(pem);
  const key = fingerprintOf(derOf(pem));
  const names = localNames();
  const isAddress = (name: string) => name.includes(":") || /^[0-9.]+$/.test(name);
  const day = (date: string) => new Date(date).toISOString().slice(0, 10);
  const rows = [
    ["names", names.filter((name) => !isAddress(name)).map(safeText).join(" ")],
    ["addresses", names.filter(isAddress).join(" ")],
    ["valid", `${day(certificate.validFrom)} to ${day(certificate.validTo)}`],
    ["fingerprint", key],
    ["directory", safeText(certsDirectory())],
  ];
  return `${columns(rows)}

On another computer, with the PORT of the server:
  echo client ${advertisedAddress("::")} PORT --pin ${key}`;
}
