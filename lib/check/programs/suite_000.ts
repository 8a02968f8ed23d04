/**
 * The suite `000`: a robust echo over TLS and IPv6, with a protocol and a log of its own.
 *
 * @module
 */
import type { Assignment, Role, RunningServer } from "./assignment.ts";
import { type Case, Skip, type Suite, Wrong } from "../case.ts";
import { hasPlace } from "./command_line.ts";
import { hasTimestamp, namesInSource, newLogLinesIn, sizesIn } from "./files.ts";
import type { Program } from "./program.ts";
import { ANSWER_MS } from "../judge.ts";
import { settlesWithin } from "../within.ts";
import { about, expectEnd, expectNoTrace, expectSays, expectText, printed } from "./steps.ts";

const HELLO = "Hello, world 123";

/** The functions that the assignment names. */
const SOCKETLIB = ["recv_n", "recv_msg", "send_msg", "validate_ip_port", "log"];

/** The first byte of a TLS record with a handshake, and of one with an alert (RFC 8446, 5.1). */
const HANDSHAKE = 22;
const ALERT = 21;

/** Both programs, connected, after one message. */
interface Session extends RunningServer {
  client: Program;
}

async function begin(subject: Assignment): Promise<Session> {
  const missing = (["server", "client"] as const).filter((role) => subject.isOurs(role));
  if (missing.length === 1) {
    throw new Skip(`it needs your ${missing[0]} too: ours does not speak your protocol`);
  }
  const server = await subject.startServer();
  const client = await subject.startClient(server.at);
  await send(client, HELLO);
  return { ...server, client };
}

async function send(client: Program, message: string, within?: number): Promise<void> {
  await client.type(message);
  const size = new TextEncoder().encode(message).length;
  const what = size > 100 ? `a message of ${size} bytes` : `"${message}"`;
  await expectText("client", client, message, `does not print the answer to ${what}`, within);
}

/** The suite. */
export const SUITE_000: Suite<Assignment> = {
  name: "000",
  judged: "server",
  cases: [
    about("server", {
      id: "server-tls",
      title: "the server speaks TLS, and nothing else",
      async run(subject) {
        const answer = await subject.answerToHello((await subject.startServer()).at);
        // Another one: the first may have ended with its client, which is another case.
        const probe = await subject.connect((await subject.startServer()).at);
        await probe.send(new TextEncoder().encode("\0\0\0\x05hello\n"));
        await probe.wait(1, ANSWER_MS);
        const received = probe.take();
        const isRefused = received[0] === ALERT || received.length === 0 && probe.ended !== null;
        if (isRefused && answer === HANDSHAKE) return "it refused what is no TLS";
        const saw = isRefused ? "it answers no ClientHello" : "it took bytes that are no TLS";
        throw new Wrong(saw, "uses no TLS", "server");
      },
    }),
    about("client", {
      id: "client-tls",
      title: "the client speaks TLS",
      async run(subject) {
        const { at, connection } = await subject.listen();
        const client = await subject.startClient(at);
        await client.type(HELLO);
        if (!await settlesWithin(connection, ANSWER_MS)) {
          throw new Wrong(client.describe(), "does not connect to the server", "client");
        }
        const probe = await connection;
        await probe.wait(1, ANSWER_MS);
        const [first] = probe.take();
        if (first === HANDSHAKE) return "it began with a ClientHello";
        const saw = first === undefined ? "it sent nothing" : `its first byte was ${first}`;
        throw new Wrong(saw, "uses no TLS", "client");
      },
    }),
    {
      id: "echo",
      title: "with an IPv6 address and a port as arguments, a message comes back",
      async run(subject) {
        for (const role of ["server", "client"] as const) {
          const words = subject.commandOf(role);
          if (hasPlace(words, "host") && hasPlace(words, "port")) continue;
          throw new Wrong(
            `its command is \`${words.join(" ")}\``,
            "takes no address and port",
            role,
          );
        }
        await begin(subject);
        return `"${HELLO}" came back`;
      },
    },
    {
      id: "messages",
      title: "several messages of any characters come back, in their order",
      async run(subject) {
        const { client } = await begin(subject);
        for (const text of ["one", "Grüße, 世界 👋", "three words here"]) await send(client, text);
        return "3 more messages came back";
      },
    },
    {
      id: "long",
      title: "a message of 100,000 bytes is fully sent and received",
      timeout: 60_000,
      async run(subject) {
        const { client } = await begin(subject);
        await send(client, "0123456789".repeat(10_000), 20_000);
        return "100000 bytes came back";
      },
    },
    {
      id: "socketlib",
      title: `the programs have ${SOCKETLIB.join(", ")}`,
      async run(subject) {
        const roles = (["server", "client"] as const).filter((role) => !subject.isOurs(role));
        const words = roles.flatMap((role) => subject.commandOf(role));
        const found = await namesInSource(subject.directory, words, SOCKETLIB);
        if (found === null) throw new Skip("the source of the programs is not in their directory");
        const missing = SOCKETLIB.filter((name) => !found.includes(name));
        if (missing.length === 0) return "the source has all of them";
        throw new Wrong(
          `the source has ${found.join(", ") || "none of them"}`,
          `has no ${missing.join(", ")}`,
        );
      },
    },
    about("server", usageCase("server")),
    about("client", usageCase("client")),
    about("server", {
      id: "log",
      title: "the log has start, client, message, leaving and stop, each with its time",
      points: 2,
      async run(subject) {
        const before = await sizesIn(subject.directory);
        const { program, client } = await begin(subject);
        await client.type("exit");
        await client.ends();
        await stop(program);
        const lines = await newLogLinesIn(subject.directory, before, HELLO);
        if (lines === null) {
          throw new Wrong("no file in its directory has the message", "writes no log of messages");
        }
        const stamped = lines.filter(hasTimestamp);
        if (stamped.length < 5) {
          const saw = `${stamped.length} lines with a time in the log: ${
            stamped.join(" | ").slice(0, 300)
          }`;
          throw new Wrong(
            saw,
            "does not log start, client, message, leaving and stop with their times",
          );
        }
        // The first line may have the server's own address. Java writes out all zeros.
        const hasAddress = stamped.slice(1).some((text) => /::1|0:0:0:0:0:0:0:1/.test(text));
        if (hasAddress) return `${stamped.length} lines`;
        throw new Wrong("no line has ::1", "does not log the address of its client");
      },
    }),
    about("client", {
      id: "client-exit",
      title: 'the client ends when "exit" is typed',
      async run(subject) {
        const { client } = await begin(subject);
        await client.type("exit");
        await expectEnd("client", client, 'at "exit"');
        return client.describe();
      },
    }),
    about("server", {
      id: "server-exit",
      title: 'the server ends when "exit" is typed',
      async run(subject) {
        const { program, client } = await begin(subject);
        await client.type("exit"); // for some the exit of the client is that of the server
        await client.ends();
        await stop(program);
        await expectEnd("server", program, 'at "exit"');
        return program.describe();
      },
    }),
    about("client", {
      id: "no-server",
      title: "a client without a server says so, and ends",
      async run(subject) {
        const client = await subject.startClient({ hostname: "::1", port: subject.freePort() });
        await expectEnd("client", client, "when there is no server");
        expectSays("client", client, "when there is no server");
        return client.describe();
      },
    }),
    about("client", {
      id: "server-gone",
      title: "a client whose server is gone ends, without a trace of an error",
      async run(subject) {
        const { program, client } = await begin(subject);
        await program.signal("SIGKILL");
        await program.ended;
        await client.type("still there?"); // some notice it only now
        await client.type("and now?");
        await expectEnd("client", client, "when its server is gone");
        return client.describe();
      },
    }),
    about("server", {
      id: "next-client",
      title: "the server serves the next client when one is gone without a word",
      async run(subject) {
        const { program, client, at } = await begin(subject);
        await client.signal("SIGKILL");
        await client.ended;
        const next = await subject.startClient(at);
        await next.type(HELLO);
        if (!await next.prints((text) => text.includes(HELLO))) {
          throw new Wrong(printed(next), "serves no other client after one that is gone", "server");
        }
        expectNoTrace("server", program, "when a client is gone");
        return "the next one was served";
      },
    }),
  ],
};

/** Types `exit` into the server, which may have ended already. */
async function stop(program: Program): Promise<void> {
  await program.type("exit");
  await program.endInput();
  await program.ends();
}

function usageCase(role: Role): Case<Assignment> {
  return {
    id: `${role}-usage`,
    title: `the ${role} explains its arguments when they are wrong`,
    async run(subject) {
      for (const words of [[], ["::1", "no-port"]]) {
        const program = subject.startAlone(role, ...words);
        await program.endInput();
        const when = words.length === 0 ? "without arguments" : 'with the port "no-port"';
        await expectEnd(role, program, when);
        expectSays(role, program, when);
      }
      return "it said so, and ended";
    },
  };
}
