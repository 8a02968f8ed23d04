/**
 * The suite `002`: messages until `quit`, and then all of them come back.
 *
 * @module
 */
import type { Assignment, RunningServer } from "./assignment.ts";
import { type Suite, Wrong } from "../case.ts";
import { line } from "../payloads.ts";
import type { Program } from "./program.ts";
import { expectEnd, expectLine, expectSays, printed } from "./steps.ts";

const MESSAGES = ["This is my first message", "And now my second message", "Grüße, 世界 👋"];

/** A long one, in characters. */
const LONG = "0123456789".repeat(500);

/** The pause of a person between two lines, in milliseconds. A stream has no bounds of messages. */
const PAUSE_MS = 300;

/** Both programs, connected. */
interface Session extends RunningServer {
  client: Program;
}

async function begin(subject: Assignment): Promise<Session> {
  const server = await subject.startServer();
  return { ...server, client: await subject.startClient(server.at) };
}

/** Types messages into the client, each when the server has shown the one before. */
async function send({ program, client }: Session, messages: readonly string[]): Promise<void> {
  for (const message of messages) {
    await client.type(message);
    const shown = await program.prints((text) => text.includes(message));
    if (shown) continue;
    const what = message.length > 100
      ? `a message of ${message.length} characters`
      : `"${message}"`;
    throw new Wrong(printed(program), `does not print ${what}`, "server");
  }
}

/** Types `quit`, and returns what the client prints from then on. */
async function quit({ client }: Session): Promise<() => string> {
  await client.prints(() => false, PAUSE_MS);
  const before = client.out.text.length;
  await client.type("quit");
  return () => client.out.text.slice(before);
}

/** Whether a server sends back the messages, which are lines here, to a client of another kind. */
async function sendsLog(subject: Assignment): Promise<boolean> {
  const probe = await subject.connect((await subject.startServer()).at);
  for (const text of [...MESSAGES, "quit"]) {
    await probe.send(line(text));
    await probe.wait(Infinity, PAUSE_MS);
  }
  await probe.waitForEnd(PAUSE_MS);
  const received = new TextDecoder().decode(probe.take());
  return MESSAGES.every((it) => received.includes(it));
}

/** The suite. */
export const SUITE_002: Suite<Assignment> = {
  name: "002",
  judged: "server",
  cases: [
    {
      id: "address",
      title: "the server prints its address and its port",
      async run(subject) {
        const { program, at } = await subject.startServer();
        await expectLine("server", program, {
          like: `server is using port: ${at.port}`,
          has: [at.port],
          exactly: new RegExp(`^server is using port: ${at.port}$`),
        }, subject.isStrict);
        const address = /\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*/i;
        const line = /^server is at address: \S+$/m;
        const isThere = (text: string) => (subject.isStrict ? line : address).test(text);
        if (await program.prints(isThere)) return "it printed both";
        const diagnosis = "does not print a line such as `server is at address: 192.168.1.3`";
        throw new Wrong(printed(program), diagnosis);
      },
    },
    {
      id: "connected",
      title: "the server prints the address of its client",
      async run(subject) {
        const { program, at } = await begin(subject);
        await expectLine("server", program, {
          like: `server connected to client at address: ${at.hostname}`,
          has: ["connect", at.hostname],
          exactly: /^server connected to client at address: \S+$/,
        }, subject.isStrict);
        return "it printed the line";
      },
    },
    {
      id: "status",
      title: "the client prints that it is connected",
      async run(subject) {
        const { client } = await begin(subject);
        await expectLine("client", client, {
          like: "client had connected to the server!",
          has: ["connect"],
          exactly: /^client had connected to the server!$/,
        }, subject.isStrict);
        return "it printed the line";
      },
    },
    {
      id: "received",
      title: "the server prints each message",
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        for (const message of subject.isStrict ? MESSAGES : []) {
          await expectLine("server", session.program, {
            like: `server received message: "${message}"`,
            has: [message],
            exactly: new RegExp(`^server received message: "${message}"$`),
          }, true);
        }
        return `it printed ${MESSAGES.length} messages`;
      },
    },
    {
      id: "sent",
      title: "the client prints each message that it sends",
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        for (const message of MESSAGES) {
          await expectLine("client", session.client, {
            like: `client sending message: "${message}"`,
            has: [message],
            exactly: new RegExp(`client sending message: "${message}"$`),
          }, subject.isStrict);
        }
        return `it printed ${MESSAGES.length} messages`;
      },
    },
    {
      id: "long",
      title: "a long message comes whole",
      async run(subject) {
        const session = await begin(subject);
        await send(session, [LONG]);
        return `${LONG.length} characters came`;
      },
    },
    {
      id: "quitting",
      title: 'the server prints that its client quits, after "quit"',
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        await quit(session);
        await expectLine("server", session.program, {
          like: "the client had informed the server that it is quitting",
          has: ["quit"],
          exactly: /^the client had informed the server that it is quitting\.?$/,
        }, subject.isStrict);
        return "it printed the line";
      },
    },
    {
      id: "log",
      title: "the client prints all messages, in their order, after it has quit",
      points: 2,
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        const after = await quit(session);
        const { client } = session;
        if (!await client.prints(() => MESSAGES.every((it) => after().includes(it)))) {
          const missing = MESSAGES.filter((it) => !after().includes(it)).length;
          const saw = `${missing} of ${MESSAGES.length} are missing; ${printed(client)}`;
          if (await sendsLog(subject)) {
            throw new Wrong(saw, "does not print all messages of the log", "client");
          }
          throw new Wrong(saw, 'does not send back all messages after "quit"', "server");
        }
        const places = MESSAGES.map((it) => after().indexOf(it));
        if (places.every((place, index) => index === 0 || place > places[index - 1]!)) {
          return `it printed ${MESSAGES.length} messages in order`;
        }
        throw new Wrong(printed(client), "prints the log in another order", "client");
      },
    },
    {
      id: "empty-log",
      title: "a client that quits at once gets a log without messages",
      async run(subject) {
        const session = await begin(subject);
        await session.client.prints((text) => /connect/i.test(text));
        await quit(session);
        await expectEnd("client", session.client, 'after "quit" without a message');
        return session.client.describe();
      },
    },
    {
      id: "client-ends",
      title: 'the client ends after "quit"',
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        await quit(session);
        await expectEnd("client", session.client, 'after "quit"');
        return session.client.describe();
      },
    },
    {
      id: "server-ends",
      title: 'the server ends after "quit"',
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        await quit(session);
        await expectEnd("server", session.program, 'after "quit"');
        return session.program.describe();
      },
    },
    {
      id: "no-server",
      title: "a client without a server says so, and ends",
      async run(subject) {
        const at = { hostname: "127.0.0.1", port: subject.freePort() };
        const client = await subject.startClient(at);
        await expectEnd("client", client, "when there is no server");
        expectSays("client", client, "when there is no server");
        return client.describe();
      },
    },
  ],
};
