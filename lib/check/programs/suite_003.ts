/**
 * The suite `003`: an echo of one message, with a buffer of 1K.
 *
 * @module
 */
import type { Assignment, RunningServer } from "./assignment.ts";
import { type Suite, Wrong } from "../case.ts";
import { hasPlace } from "./command_line.ts";
import { ANSWER_MS, expectEcho } from "../judge.ts";
import { line } from "../payloads.ts";
import type { Program } from "./program.ts";
import {
  about,
  expectAnywhere,
  expectEnd,
  expectLine,
  expectNoTrace,
  expectSays,
  printed,
} from "./steps.ts";

const DEMO = "Demo Message - client: Ada";

/** The size of the buffer, in bytes. */
const KIB = 1024;

/** Starts a client that sends the message: from its command line, or typed. */
async function send(subject: Assignment, { at }: RunningServer): Promise<Program> {
  const client = await subject.startClient(at, DEMO);
  if (!hasPlace(subject.commandOf("client"), "message")) await client.type(DEMO);
  return client;
}

/** The suite. */
export const SUITE_003: Suite<Assignment> = {
  name: "003",
  judged: "server",
  cases: [
    about("server", {
      id: "connected",
      title: "the server prints that a client has connected, and its address",
      async run(subject) {
        const server = await subject.startServer();
        const before = server.program.screen.text.length;
        await send(subject, server);
        const { hostname } = server.at;
        await expectAnywhere("server", server.program, {
          like: `Connected by ('${hostname}', 57854)`,
          has: [hostname],
          exactly: /Connected by \('.+', \d+\)$/,
        }, { isStrict: subject.isStrict, before });
        return "it printed the line";
      },
    }),
    {
      id: "echo",
      title: "the client prints the message that came back",
      async run(subject) {
        const server = await subject.startServer();
        const client = await send(subject, server);
        await client.prints((text) => text.includes(DEMO) || /receiv|echo/i.test(text));
        const isTyped = client.screen.text.includes(DEMO); // else the client has its message in itself
        await expectLine("client", client, {
          like: `Received b'${DEMO}'`,
          has: isTyped ? [DEMO] : [/receiv/i.test(client.screen.text) ? "receiv" : "echo"],
          exactly: /Received b'.+'$/,
        }, subject.isStrict);
        const hasCome = (text: string) => text.includes("Connected by");
        if (subject.isOurs("server") && !await server.program.prints(hasCome)) {
          throw new Wrong("our server got no client", "does not connect to the server", "client");
        }
        return printed(client);
      },
    },
    about("server", {
      id: "exact",
      title: "the server sends back a message as it was",
      async run(subject) {
        const { at } = await subject.startServer();
        const probe = await subject.connect(at);
        const message = line("Demo Message 123");
        await probe.send(message);
        await expectEcho(probe, message);
        return `${message.length} bytes came back`;
      },
    }),
    about("server", {
      id: "buffer",
      title: "a message that fills the buffer of 1K comes back",
      async run(subject) {
        const { at } = await subject.startServer();
        const probe = await subject.connect(at);
        const message = line("x".repeat(KIB - 1));
        await probe.send(message);
        await expectEcho(probe, message);
        return `${message.length} bytes came back`;
      },
    }),
    about("client", {
      id: "client-ends",
      title: "the client closes its connection and ends",
      async run(subject) {
        const server = await subject.startServer();
        const client = await send(subject, server);
        if (!await client.ends(1_000)) { // some go on until an empty string
          await client.type("");
          await client.endInput();
        }
        await expectEnd("client", client, "after its message, or an empty one");
        return client.describe();
      },
    }),
    about("server", {
      id: "server-closes",
      title: "the server closes the connection when its client does",
      async run(subject) {
        const { program, at } = await subject.startServer();
        const probe = await subject.connect(at);
        const message = line("Demo Message");
        await probe.send(message);
        await expectEcho(probe, message);
        await probe.end();
        if (!await probe.waitForEnd(ANSWER_MS)) {
          const saw = `${ANSWER_MS / 1000} s after its client had closed, it was still connected`;
          throw new Wrong(saw, "never closes: it must close when its read returns no bytes");
        }
        expectNoTrace("server", program, "when its client closes");
        return "it closed too";
      },
    }),
    about("server", {
      id: "port-in-use",
      title: "a server whose port is in use says so, and ends",
      async run(subject) {
        const { at } = await subject.startServer();
        const second = subject.startServerAt(at);
        await expectEnd("server", second, "when its port is in use");
        expectSays("server", second, "when its port is in use");
        return second.describe();
      },
    }),
  ],
};
