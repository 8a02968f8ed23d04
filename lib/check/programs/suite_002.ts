/**
 * The suite `002`: messages until `quit`, and then all of them come back.
 *
 * @module
 */
import type { Assignment, Role, RunningServer } from "./assignment.ts";
import { type Case, type Suite, Wrong } from "../case.ts";
import { line } from "../payloads.ts";
import type { Program } from "./program.ts";
import { about, expectAnywhere, expectEnd, expectLine, expectSays, printed } from "./steps.ts";

const MESSAGES = ["This is my first message", "And now my second message", "Grüße, 世界 👋"];

/** A long one, in characters. */
const LONG = "0123456789".repeat(500);

/** The pause of a person between two lines, in milliseconds. A stream has no bounds of messages. */
const PAUSE_MS = 300;

/** Both programs, connected. */
interface Session extends RunningServer {
  client: Program;
  /** How much the server had printed before the client came. */
  before: number;
  /** What is to blame where a message does not come: our own is not. */
  suspect: Role;
}

async function begin(subject: Assignment): Promise<Session> {
  const server = await subject.startServer();
  const before = server.program.screen.text.length;
  const client = await subject.startClient(server.at);
  return { ...server, client, before, suspect: subject.isOurs("server") ? "client" : "server" };
}

/** Types messages into the client, each when the server has shown the one before. */
async function send(session: Session, messages: readonly string[]): Promise<void> {
  const { program, client, suspect } = session;
  for (const message of messages) {
    await client.type(message);
    const shown = await program.prints((text) => text.includes(message));
    if (shown) continue;
    const what = message.length > 100
      ? `a message of ${message.length} characters`
      : `"${message}"`;
    const diagnosis = suspect === "server" ? `does not print ${what}` : `does not send ${what}`;
    throw new Wrong(printed(program), diagnosis, suspect);
  }
}

/** Types `quit`, and returns what the client prints from then on. */
async function quit({ client }: Session): Promise<() => string> {
  await client.prints(() => false, PAUSE_MS);
  const before = client.screen.text.length;
  await client.type("quit");
  return () => client.screen.text.slice(before);
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
    about("server", {
      id: "address",
      title: "the server prints its address and its port",
      async run(subject) {
        const { program, at } = await subject.startServer();
        await expectLine("server", program, {
          like: `server is using port: ${at.port}`,
          has: [at.port],
          exactly: new RegExp(`server is using port: ${at.port}$`),
        }, subject.isStrict);
        const address = /\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*/i;
        const line = /^server is at address: \S+$/m;
        const isThere = (text: string) =>
          (subject.isStrict ? line : address).test(text.replace(/\d{1,2}:\d{2}(:\d{2})?/g, ""));
        if (await program.prints(isThere)) return "it printed both";
        const diagnosis = "does not print a line such as `server is at address: 192.168.1.3`";
        throw new Wrong(printed(program), diagnosis);
      },
    }),
    about("server", {
      id: "connected",
      title: "the server prints the address of its client",
      async run(subject) {
        const { program, at, before } = await begin(subject);
        await expectAnywhere("server", program, {
          like: `server connected to client at address: ${at.hostname}`,
          has: [at.hostname],
          exactly: /server connected to client at address: \S+$/,
        }, { isStrict: subject.isStrict, before });
        return "it printed the line";
      },
    }),
    about("client", {
      id: "status",
      title: "the client prints that it is connected",
      async run(subject) {
        const { client } = await begin(subject);
        await expectLine("client", client, {
          like: "client had connected to the server!",
          has: ["connect"],
          not: /cannot|can't|could not|couldn't|refused|error|fail|unable/i,
          exactly: /client had connected to the server!$/,
        }, subject.isStrict);
        return "it printed the line";
      },
    }),
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
            exactly: new RegExp(`server received message: "${message}"$`),
          }, true);
        }
        return `it printed ${MESSAGES.length} messages`;
      },
    },
    about("client", {
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
    }),
    {
      id: "long",
      title: "a long message comes whole",
      async run(subject) {
        const session = await begin(subject);
        await send(session, [LONG]);
        return `${LONG.length} characters came`;
      },
    },
    about("server", {
      id: "quitting",
      title: 'the server prints that its client quits, after "quit"',
      async run(subject) {
        const session = await begin(subject);
        await send(session, MESSAGES);
        await quit(session);
        await expectLine("server", session.program, {
          like: "the client had informed the server that it is quitting",
          has: ["quit"],
          exactly: /the client had informed the server that it is quitting\.?$/,
        }, subject.isStrict);
        return "it printed the line";
      },
    }),
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
          if (subject.isOurs("server") || await sendsLog(subject)) {
            throw new Wrong(saw, "does not print all messages of the log", "client");
          }
          const diagnosis = "does not get and print all messages of the log: " +
            "the server does not send them, or the client does not print them";
          throw new Wrong(saw, diagnosis, "client");
        }
        const places = MESSAGES.map((it) => after().indexOf(it));
        if (places.every((place, index) => index === 0 || place > places[index - 1]!)) {
          return `it printed ${MESSAGES.length} messages in order`;
        }
        throw new Wrong(printed(client), "prints the log in another order", "client");
      },
    },
    about("client", {
      id: "empty-log",
      title: "a client that quits at once gets a log without messages",
      async run(subject) {
        const session = await begin(subject);
        await session.client.prints((text) => /connect/i.test(text));
        await quit(session);
        await expectEnd("client", session.client, 'after "quit" without a message');
        return session.client.describe();
      },
    }),
    endsAfterQuit("client"),
    endsAfterQuit("server"),
    about("client", {
      id: "no-server",
      title: "a client without a server says so, and ends",
      async run(subject) {
        const at = { hostname: "127.0.0.1", port: subject.freePort() };
        const client = await subject.startClient(at);
        await expectEnd("client", client, "when there is no server");
        expectSays("client", client, "when there is no server");
        return client.describe();
      },
    }),
  ],
};

/** A program ends when the client has quit. */
function endsAfterQuit(role: Role): Case<Assignment> {
  return about(role, {
    id: `${role}-ends`,
    title: `the ${role} ends after "quit"`,
    async run(subject) {
      const session = await begin(subject);
      await send(session, MESSAGES);
      await quit(session);
      const program = role === "client" ? session.client : session.program;
      await expectEnd(role, program, 'after "quit"');
      return program.describe();
    },
  });
}
