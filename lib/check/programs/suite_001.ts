/**
 * The suite `001`: an echo server with a banner, and a client that sends what its command line has.
 *
 * @module
 */
import { quoted } from "../../client/diagnosis.ts";
import { equals } from "../../std.ts";
import type { Assignment, RunningServer } from "./assignment.ts";
import { type Suite, Wrong } from "../case.ts";
import { digits } from "../payloads.ts";
import type { ListeningPort } from "./process_tree.ts";
import { type Program, REACTION_MS } from "./program.ts";
import { about, expectEnd, expectLine, expectNoTrace, expectText, printed } from "./steps.ts";

const TIME = String.raw`\d\d:\d\d:\d\d \d\d/\d\d/\d{4}`;

/** Sizes that are multiples of the buffers that programs have, in bytes. */
const MULTIPLES = [16, 1024, 2048, 4096, 8192];

/** The longest message that a command line takes for sure on Linux (MAX_ARG_STRLEN), in bytes. */
const LONG = 100_003;

/** How long to wait for bytes that should not come, in milliseconds. */
const SURPLUS_MS = 100;

/** How long a message to another client may take, in milliseconds. */
const CHAT_MS = 2_000;

const HELLO = "Hello, world!";

/** A message of digits. */
function numbers(size: number): string {
  return new TextDecoder().decode(digits(size + 1)).trimEnd();
}

/** Sends a message with the client, and waits for it on the client's screen and for its end. */
async function send(subject: Assignment, { at }: RunningServer, message: string): Promise<Program> {
  const client = await subject.startClient(at, message);
  const size = new TextEncoder().encode(message).length;
  const what = size > 100 ? `a message of ${size} bytes` : `"${message}"`;
  const isShown = await client.prints((text) => text.includes(message));
  if (!isShown) await expectAnswer(subject, at, message, what); // whose mistake is it?
  await expectText("client", client, message, `does not print the answer to ${what}`, 0);
  await expectEnd("client", client, "after the answer");
  return client;
}

/** Sends a message without the client, and expects the server to send it back as it was. */
async function expectAnswer(
  subject: Assignment,
  at: ListeningPort,
  message: string,
  what: string,
): Promise<number> {
  const probe = await subject.connect(at);
  const sent = new TextEncoder().encode(message);
  await probe.send(sent);
  await probe.end();
  await probe.wait(sent.length, REACTION_MS);
  await probe.wait(sent.length + 1, SURPLUS_MS);
  const received = probe.take();
  if (equals(received, sent)) return sent.length;
  const saw = received.length === 0 ? "nothing came back" : `${quoted(received)} came back`;
  throw new Wrong(saw, `does not send back ${what} as it was`);
}

/** The suite. */
export const SUITE_001: Suite<Assignment> = {
  name: "001",
  judged: "server",
  cases: [
    about("server", {
      id: "start-line",
      title: "the server prints a line with its port and the time when it starts",
      async run(subject) {
        const { program, at } = await subject.startServer();
        await expectLine("server", program, {
          like: `--- Starting server on port ${at.port} at 12:43:08 29/01/2018 ---`,
          has: ["start", at.port],
          hasTime: true,
          exactly: new RegExp(`--- Starting server on port ${at.port} at ${TIME} ---$`),
        }, subject.isStrict);
        return "it printed the line";
      },
    }),
    {
      id: "echo",
      title: "the client sends the message of its command line, and prints the answer",
      async run(subject) {
        const server = await subject.startServer();
        await send(subject, server, HELLO);
        if (!subject.isOurs("server")) return `"${HELLO}" came back`;
        if (await server.program.prints((text) => text.includes(HELLO))) return "ours got it";
        throw new Wrong("our server got no message", "does not send the message", "client");
      },
    },
    about("server", {
      id: "echo-line",
      title: "the server prints a line for each message, with the time",
      async run(subject) {
        const server = await subject.startServer();
        await send(subject, server, HELLO);
        await expectLine("server", server.program, {
          like: `[12:43:10 29/01/2018] Echoed: '${HELLO}'`,
          has: [HELLO],
          hasTime: true,
          exactly: new RegExp(`\\[${TIME}\\] Echoed: '${HELLO}'$`),
        }, subject.isStrict);
        return "it printed the line";
      },
    }),
    about("server", {
      id: "exact",
      title: "the server sends back exactly the bytes that came",
      async run(subject) {
        const { at } = await subject.startServer();
        const message = "blanks  and\ttabs, 'quotes' \"\\, \r\n\nthe end ";
        return `${await expectAnswer(subject, at, message, "a message")} bytes came back`;
      },
    }),
    {
      id: "unicode",
      title: "messages of any characters come back",
      async run(subject) {
        const server = await subject.startServer();
        for (const text of ["Grüße, 世界 👋", "naïve café", "😀".repeat(301)]) {
          await send(subject, server, text);
        }
        return "3 messages came back";
      },
    },
    {
      id: "multiples",
      title: "messages whose length is a multiple of the buffer come back",
      timeout: 90_000,
      async run(subject) {
        const server = await subject.startServer();
        for (const size of MULTIPLES) {
          await send(subject, server, numbers(size)).catch((error) => {
            if (!(error instanceof Wrong)) throw error;
            const diagnosis = `waits for more after a message of ${size} bytes: ` +
              "when a read fills the buffer, the message may still be over";
            throw new Wrong(error.message, diagnosis);
          });
        }
        return `${MULTIPLES.join(", ")} bytes came back`;
      },
    },
    {
      id: "long",
      title: "a long message comes back",
      async run(subject) {
        await send(subject, await subject.startServer(), numbers(LONG));
        return `${LONG} bytes came back`;
      },
    },
    about("server", {
      id: "stop-line",
      title: "the server prints a line with its port and the time when it is stopped",
      async run(subject) {
        const { program, at } = await stopped(subject);
        await expectLine("server", program, {
          like: `--- Stopping server on port ${at.port} at 12:43:39 29/01/2018 ---`,
          has: ["stop", at.port],
          hasTime: true,
          exactly: new RegExp(`--- Stopping server on port ${at.port} at ${TIME} ---$`),
        }, subject.isStrict);
        return "it printed the line";
      },
    }),
    about("server", {
      id: "stop-quietly",
      title: "a person who stops the server with Ctrl-C sees no error",
      async run(subject) {
        const { program } = await stopped(subject);
        expectNoTrace("server", program, "at Ctrl-C");
        return program.describe();
      },
    }),
    about("server", {
      id: "chat",
      title: "clients that are connected at the same time get each other's messages",
      isStretch: true,
      async run(subject) {
        const { at } = await subject.startServer();
        const [one, other] = [await subject.connect(at), await subject.connect(at)];
        await other.send(new TextEncoder().encode("I am here\n")); // so the server has noticed it
        await other.wait(1, CHAT_MS);
        await one.send(new TextEncoder().encode(`${HELLO}\n`));
        await other.wait(HELLO.length, CHAT_MS);
        if (new TextDecoder().decode(other.take()).includes(HELLO)) {
          return "the other client got it";
        }
        throw new Wrong("the other client got nothing");
      },
    }),
  ],
};

/** A server that has served one client, and was stopped with Ctrl-C. */
async function stopped(subject: Assignment): Promise<RunningServer> {
  const server = await subject.startServer();
  await send(subject, server, HELLO);
  await server.program.signal("SIGINT");
  if (await server.program.ends()) return server;
  throw new Wrong(printed(server.program), "does not end at Ctrl-C", "server");
}
