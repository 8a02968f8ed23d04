/**
 * The suite `004`: an echo for many clients, with broadcast.
 *
 * @module
 */
import type { Assignment, RunningServer } from "./assignment.ts";
import { Skip, type Suite, Wrong } from "../case.ts";
import { hasPlace } from "./command_line.ts";
import { line } from "../payloads.ts";
import { type Program, REACTION_MS } from "./program.ts";
import {
  about,
  expectAnywhere,
  expectEnd,
  expectLine,
  expectNoTrace,
  expectText,
  printed,
} from "./steps.ts";

/** How long nothing may come, in milliseconds. */
const SILENCE_MS = 500;

/** How long a client may take to be noticed, in milliseconds. */
const JOIN_MS = 2_000;

/** How long a broadcast may take, in milliseconds. */
const BROADCAST_MS = 3_000;

/** Starts clients, one after the other. */
async function join(subject: Assignment, server: RunningServer, count: number): Promise<Program[]> {
  const clients: Program[] = [];
  while (clients.length < count) clients.push(await joinOne(subject, server));
  return clients;
}

/** Starts a client, and waits until the server or it has printed something. */
async function joinOne(subject: Assignment, { program, at }: RunningServer): Promise<Program> {
  const before = program.screen.text.length;
  const client = await subject.startClient(at);
  await Promise.race([
    program.prints((text) => text.length > before, JOIN_MS),
    client.prints((text) => text.trim() !== "", JOIN_MS),
  ]);
  return client;
}

/** The suite. */
export const SUITE_004: Suite<Assignment> = {
  name: "004",
  judged: "server",
  cases: [
    about("server", {
      id: "start-lines",
      title: "the server prints its port, and that it does not broadcast",
      async run(subject) {
        const { program, at } = await subject.startServer();
        await expectLine("server", program, {
          like: `[+] Open port ${at.port}`,
          has: ["port", at.port],
          exactly: new RegExp(`\\[\\+\\] Open port ${at.port}$`),
        }, subject.isStrict);
        await expectLine("server", program, {
          like: "[+] Broadcast option: False",
          has: ["broadcast"],
          exactly: /\[\+\] Broadcast option: False$/,
        }, subject.isStrict);
        return "it printed both lines";
      },
    }),
    about("server", {
      id: "connection",
      title: "the server prints the address and the port of a client",
      async run(subject) {
        const server = await subject.startServer();
        const before = server.program.screen.text.length;
        await join(subject, server, 1);
        const { hostname } = server.at;
        await expectAnywhere("server", server.program, {
          like: `[+] Connection established | IP ${hostname} Port 33336`,
          has: [hostname],
          exactly: /\[\+\] Connection established \| IP \S+ Port \d+$/,
        }, { isStrict: subject.isStrict, before });
        return "it printed the line";
      },
    }),
    about("client", {
      id: "welcome",
      title: "the client shows the server's welcome",
      async run(subject) {
        const server = await subject.startServer();
        const [client] = await join(subject, server, 1);
        await expectLine("client", client!, {
          like: "Welcome to my server",
          has: ["welcome"],
          exactly: /Welcome to my server$/,
        }, subject.isStrict);
        return "it showed the line";
      },
    }),
    {
      id: "echo",
      title: "the server prints a message, and the client shows its echo",
      async run(subject) {
        const server = await subject.startServer();
        const probe = await subject.connect(server.at);
        await probe.send(line("hello"));
        for (let text = ""; !text.includes("hello");) { // a welcome may come before
          const before = text.length;
          await probe.wait(1, REACTION_MS);
          text += new TextDecoder().decode(probe.take());
          if (text.length === before) throw new Wrong("nothing came back", "sends no echo");
        }
        probe.close(); // some serve one client at a time, which is another case
        const [client] = await join(subject, server, 1);
        for (const message of ["hello one", "Grüße, 世界 👋", "x".repeat(3000)]) {
          await client!.type(message);
          const what = message.length > 100 ? `${message.length} characters` : `"${message}"`;
          const size = message.length > 100 ? 1000 : message.length; // a buffer may cut it in pieces
          const part = message.slice(0, size);
          await expectText("server", server.program, part, `does not print ${what}`);
          await expectText("client", client!, part, `does not show the echo of ${what}`);
        }
        return "3 messages came back";
      },
    },
    {
      id: "several",
      title: "several clients are served at the same time, each with its own messages",
      async run(subject) {
        const server = await subject.startServer();
        const [one, two] = await join(subject, server, 2);
        await two!.type("from the second");
        if (!await two!.prints((text) => text.includes("from the second"))) {
          await one!.signal("SIGKILL"); // is the other one served then?
          if (await two!.prints((text) => text.includes("from the second"))) {
            const diagnosis = "serves one client at a time: it must use a thread for each";
            throw new Wrong("a client was served when the one before was gone", diagnosis);
          }
          throw new Wrong(printed(two!), "does not show its echo", "client");
        }
        await one!.type("from the first");
        await expectText("client", one!, "from the first", "does not show its echo");
        if (!await two!.prints((text) => text.includes("from the first"), SILENCE_MS)) {
          return "each got its own messages";
        }
        throw new Wrong(printed(two!), "sends one client's messages to another without -b");
      },
    },
    {
      id: "broadcast",
      needs: "several",
      title: "with -b all clients get a message, and show it at once",
      points: 2,
      async run(subject) {
        const server = await subject.startServer("-b");
        const clients = await join(subject, server, 3);
        const [sender, ...others] = clients as [Program, ...Program[]];
        // The last client may have been too new for the first message.
        for (const message of ["to all of you", "and once more"]) {
          await sender.type(message);
          await expectText("client", sender, message, "does not show its echo");
          const shown = await Promise.all(
            others.map((it) => it.prints((text) => text.includes(message), BROADCAST_MS)),
          );
          if (shown.every((isShown) => isShown)) return `${clients.length} clients showed it`;
        }
        const missing = others.find((it) => !it.screen.text.includes("and once more"));
        throw await missingBroadcast(missing ?? sender);
      },
    },
    about("server", {
      id: "broadcast-line",
      title: "with -b the server prints that it broadcasts",
      async run(subject) {
        const { program } = await subject.startServer("-b");
        await expectLine("server", program, {
          like: "[+] Broadcast option: True",
          has: ["broadcast", "true"],
          exactly: /\[\+\] Broadcast option: True$/,
        }, subject.isStrict);
        return "it printed the line";
      },
    }),
    about("server", {
      id: "goes-on",
      title: "the server serves the others when a client is gone",
      async run(subject) {
        const server = await subject.startServer();
        const [one, two] = await join(subject, server, 2);
        await one!.signal("SIGKILL");
        await one!.ended;
        await two!.type("still there");
        await expectText("client", two!, "still there", "does not show its echo any more");
        expectNoTrace("server", server.program, "when a client is gone");
        return "the other client was served";
      },
    }),
    about("server", {
      id: "server-usage",
      title: "the server explains its arguments when there are none",
      run: (subject) => expectUsage(subject, "server"),
    }),
    about("client", {
      id: "client-usage",
      title: "the client explains its arguments when there are none",
      run: (subject) => expectUsage(subject, "client"),
    }),
  ],
};

/** Without arguments a program prints how it is used, and ends. */
async function expectUsage(subject: Assignment, role: "server" | "client"): Promise<string> {
  if (!hasPlace(subject.commandOf(role), "port")) throw new Skip("its command has no arguments");
  const program = subject.startAlone(role);
  await program.endInput();
  await expectEnd(role, program, "without arguments");
  if (/usage/i.test(program.screen.text + program.err.text)) return program.describe();
  throw new Wrong(program.describe(), "does not print how it is used without arguments", role);
}

/** Nothing came at a client that was only waiting: from the server, or its client shows it late. */
async function missingBroadcast(client: Program): Promise<Wrong> {
  await client.type("what came?");
  if (await client.prints((text) => text.includes("and once more"), BROADCAST_MS)) {
    const diagnosis = "shows what comes only after its next input: it must receive in a thread";
    return new Wrong(printed(client), diagnosis, "client");
  }
  return new Wrong(printed(client), "does not send a message to all clients with -b");
}
