/** `echo server --fault`: the harm on the wire, our client's answer, and what the server says of it. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { runClient, runProgram, startServer } from "../support/echo.ts";
import { fewAtATime } from "../support/pool.ts";
import { startVictim } from "../support/victim.ts";
import { hasTool, runTool } from "../support/tools.ts";

/** Our own authority: in the checkout, or compiled in the data directory of the user. */
const AUTHORITY = Deno.env.has("ECHO_COMMAND")
  ? `${Deno.env.get("XDG_DATA_HOME") ?? `${Deno.env.get("HOME")}/.local/share`}/echo/ca.pem`
  : `${import.meta.dirname}/../../certs/ca.pem`;

const CONNECTED = /^client had connected to the server!\n/;

/** Each fault; the exit code of our client, and how it says what has happened. */
const ANSWERS: [fault: string, code: number, sentence: RegExp][] = [
  ["delay=100ms", 0, /^$/],
  ["jitter=50ms", 0, /^$/],
  ["rate=200", 0, /^$/],
  ["split=3", 0, /^$/],
  ["drip", 0, /^$/],
  ["slow-accept=100ms", 0, /^$/],
  [
    "corrupt,after=6",
    5,
    /cannot rely on .* came back wrong: ".*", not "hello": it changes a bit of/,
  ],
  ["drop,after=6", 3, /lost the connection to .*/],
  ["duplicate", 5, /: "hello": it sends a message back twice$/],
  [
    "truncate,after=3",
    3,
    /: 3 of 4 bytes of a frame's header came before the end, 1 message not ec/,
  ],
  ["half-close-early", 3, /: the server closed it too early, 1 message not echoed$/],
  ["no-close-notify", 3, /: the server left without saying goodbye, 1 message not echoed$/],
  // Over TLS, Deno tells the two ends apart only sometimes.
  [
    "reset",
    3,
    /: (connection reset|the server left without saying goodbye), 1 message not echoed$/,
  ],
  ["stall", 3, /: no answer for 3 s, 1 message not echoed; the server may be busy/],
  ["never-read", 3, /: no answer for 3 s, 1 message not echoed; the server may be busy/],
  [
    "stall-handshake",
    3,
    /^echo: cannot connect .*: it accepts the connection, but does not answer in/,
  ],
  ["garbage", 3, /^echo: cannot connect .*: it does not speak TLS; /],
  ["refuse-alpn", 3, /^echo: cannot connect .*: it speaks another protocol over TLS$/],
  [
    "wrong-cert",
    4,
    /^echo: cannot connect .*: its certificate is for another name.*; it is not known,/,
  ],
  ["expired-cert", 4, /^echo: cannot connect .*: its certificate has expired; /],
];

Deno.test("--fault: our client ends with the code and the sentence that fit", async () => {
  const seen = await fewAtATime(ANSWERS, async ([fault]) => {
    await using server = await startServer("--fault", fault, "--seed", "1");
    const args = ["::1", `${server.port}`, "hello", "--timeout", "3s"];
    const { code, out, err } = await runClient(args);
    server.program.signal("SIGTERM");
    await server.program.code;
    const said = await server.program.out.text;
    return { code, out, err, said, start: await server.program.err.text };
  });
  for (const [index, [fault, code, sentence]] of ANSWERS.entries()) {
    const { code: found, out, err, said, start } = seen[index]!;
    assertEquals([fault, found, err], [fault, code, err]);
    assertMatch(err, sentence);
    if (code === 0) assertMatch(out, CONNECTED);
    assertEquals(start, `echo: this server misbehaves on purpose: ${fault}; seed 1`);
    const name = fault.split(/[=,]/)[0]!;
    assertMatch(
      said,
      new RegExp(`^server harms client at address: \\S+: ${name} after \\d+ bytes$`, "m"),
    );
  }
});

/** What a foreign client sees of the harm, without TLS. */
const PLAIN: [fault: string, seen: string][] = [
  ["truncate,after=3", "b'hel' end"],
  ["drop=2,after=1", "b'hlo' "],
  ["duplicate,after=2", "b'hellollo' "],
  ["half-close-early,after=1", "b'h' end"],
  ["reset,after=2", "b'he' ConnectionResetError"],
  ["stall,after=4", "b'hell' "],
];

/** What it sees where it speaks TLS. */
const TLS: [fault: string, seen: RegExp][] = [
  ["no-close-notify,after=2", /^b'he' SSL(EOF)?Error$/],
  ["truncate,after=2", /^b'he' end$/],
  ["garbage", /^(SSLError|SSLEOFError)$/],
  ["refuse-alpn", /^SSLError$/],
  ["stall-handshake", /^TimeoutError$/],
  ["wrong-cert", /^SSLCertVerificationError$/],
  ["expired-cert", /^SSLCertVerificationError$/],
];

const CLIENT = `
import socket, ssl, sys
port, ca = int(sys.argv[1]), sys.argv[2]
received = b""
try:
    conn = socket.create_connection(("::1", port))
    conn.settimeout(1)
    if ca:
        context = ssl.create_default_context(cafile=ca)
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
        conn = context.wrap_socket(
            conn, server_hostname="localhost", suppress_ragged_eofs=False)
    conn.sendall(b"hello")
    while data := conn.recv(100):
        received += data
    print(received, "end")
except TimeoutError:
    print(received, "") if received else print("TimeoutError")
except OSError as error:
    print(*([received] if received else []), type(error).__name__)
`;

Deno.test({
  name: "--fault: the harm is on the wire, as a client of Python sees it" +
    (hasTool("python3") ? "" : " (skipped: python3 is missing)"),
  ignore: !hasTool("python3"),
  async fn() {
    const look = async (fault: string, ...options: string[]) => {
      await using server = await startServer("--fault", fault, "--seed", "1", ...options);
      const ca = options.includes("--plain") ? "" : AUTHORITY;
      const { out } = await runTool(["python3", "-c", CLIENT, `${server.port}`, ca]);
      return [fault, out.trimEnd()];
    };
    const plain = await fewAtATime(PLAIN, ([fault]) => look(fault, "--plain"));
    assertEquals(plain, PLAIN.map(([fault, seen]) => [fault, seen.trimEnd()]));
    for (
      const [index, [fault, out]] of (await fewAtATime(TLS, ([it]) => look(it))).entries()
    ) {
      assertEquals(fault, TLS[index]![0]);
      assertMatch(out!, TLS[index]![1]);
    }
  },
});

/** What `check` says of a server with a fault; the case is `hello` where none is named. */
const DIAGNOSES: [fault: string, diagnosis: RegExp, caseOfTls?: string][] = [
  ["stall", /^answers nothing$/],
  ["never-read", /^answers nothing$/],
  ["half-close-early", /^closes the connection instead of answering$/],
  ["no-close-notify", /^closes the connection instead of answering$/],
  ["garbage", /^speaks no TLS on this port: /, "tls-answer"],
  ["stall-handshake", /^ends the connection at a ClientHello: /, "tls-answer"],
  ["wrong-cert", /^has a certificate for another name: /, "tls-name"],
  ["expired-cert", /^has a certificate that has expired: /, "tls-dates"],
  ["truncate,after=3", /^closes the connection in the middle of a message$/],
  ["reset,after=3", /^breaks the connection in the middle of a message$/],
  ["corrupt,after=3", /^changes a bit of a message$/],
  ["drop=2,after=3", /^leaves out 2 bytes in the middle of a message$/],
  ["duplicate", /^sends a message back twice$/],
];

Deno.test("--fault: check names the harm", async () => {
  const seen = await fewAtATime(DIAGNOSES, async ([fault, , caseOfTls]) => {
    const options = ["--fault", fault, "--seed", "1", "--handshake-timeout", "1s"];
    const plain = caseOfTls === undefined ? ["--plain"] : [];
    const cases = caseOfTls === undefined ? ["hello"] : [caseOfTls, "--suite", "tls"];
    await using server = await startServer(...options, ...plain);
    const args = ["check", "::1", `${server.port}`, ...plain, "--only", ...cases, "--json"];
    return JSON.parse((await runProgram(args)).out).cases[0].diagnosis;
  });
  for (const [index, [, diagnosis]] of DIAGNOSES.entries()) {
    assertMatch(`${seen[index]}`, diagnosis);
  }
});

Deno.test("--fault: conn= harms one connection and no other, and the log has its place", async () => {
  await using server = await startVictim(["--fault", "truncate,after=8,conn=2"]);
  const codes: number[] = [];
  for (let i = 0; i < 3; i++) {
    codes.push((await runClient(["::1", `${server.port}`, "hello", "--ca", server.ca])).code);
  }
  assertEquals(codes, [0, 3, 0]);
  const { conn, fault, at, level } = await server.logged("fault-injected");
  assertEquals([conn, fault, at, level], ["2", "truncate", "8", "warn"]);
});

Deno.test("--fault: wrong usage says why, and which faults there are", async () => {
  const cases: [args: string[], err: RegExp][] = [
    [
      ["--fault", "trunkate"],
      /^echo: cannot use --fault "trunkate": there is no fault "trunkate"; the/,
    ],
    [["--fault", "delay=x"], /delay takes a time, as in delay=200ms/],
    [["--fault", "reset", "--workers", "2"], /^echo: cannot use --fault with --workers: /],
    [
      ["--fault", "garbage", "--plain"],
      /^echo: cannot use --fault garbage with --plain: there is no/,
    ],
  ];
  for (const [args, err] of cases) {
    const outcome = await runProgram(["server", "::1", "0", "--no-log", ...args]);
    assertEquals([args, outcome.code], [args, 2]);
    assertMatch(outcome.err, err);
  }
  assert(true);
});

Deno.test("--fault: /readyz and /metrics say that the server misbehaves", async () => {
  const admin = freePort();
  await using server = await startServer(
    "--fault",
    "split=2,conn=1",
    "--seed",
    "7",
    "--admin",
    admin,
  );
  assertEquals((await runClient(["::1", `${server.port}`, "hello"])).code, 0);
  const get = async (path: string) =>
    await (await fetch(`http://127.0.0.1:${admin}${path}`)).text();
  assertEquals(
    await get("/readyz"),
    "serving\nit misbehaves on purpose: split=2,conn=1; seed 7\n",
  );
  assertMatch(await get("/metrics"), /^echo_faults_injected_total\{fault="split"\} [1-9]/m);
});

function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `${listener.addr.port}`;
}

/** What a server says of a client with a fault, and how that client ends. */
const CLIENT_FAULTS: [fault: string, code: number, reason: string][] = [
  ["truncate,after=3", 3, "truncated"],
  ["corrupt", 3, "too-large"],
  ["split=1", 0, "end"],
];

Deno.test("client --fault: the server names what the client has done", async () => {
  for (const [fault, code, reason] of CLIENT_FAULTS) {
    await using server = await startVictim();
    const args = [
      "::1",
      `${server.port}`,
      "hello",
      "--ca",
      server.ca,
      "--fault",
      fault,
      "--seed",
      "5",
    ];
    const client = await runClient(args);
    assertEquals([fault, client.code], [fault, code]);
    assertMatch(client.err, /^echo: this client misbehaves on purpose: .*; seed 5$/m);
    const closed = await server.logged("client-close");
    assertEquals([fault, closed.reason], [fault, reason]);
  }
});

Deno.test("client --fault: what only a server can do is wrong usage", async () => {
  for (const fault of ["garbage", "reset", "no-close-notify,after=3", "slow-accept=1s"]) {
    const { code, err } = await runClient(["::1", "1", "hello", "--fault", fault]);
    assertEquals(code, 2);
    assertMatch(err, /^echo: cannot use --fault ".*": only a server can do [a-z-]+\n/);
  }
});

Deno.test({
  name: "--fault: HTTP and WebSocket, as curl and our client see them" +
    (hasTool("curl") ? "" : " (skipped: curl is missing)"),
  ignore: !hasTool("curl"),
  async fn() {
    await using http = await startServer("--plain", "--fault", "http-status=503");
    const url = `http://[::1]:${http.port}/`;
    const { out } = await runTool(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url]);
    assertEquals(out, "503");
    const refused = await runClient([`ws://[::1]:${http.port}/`, "hello"]);
    assertEquals(refused.code, 3);
    assertMatch(refused.err, /503/);
    await using closing = await startServer("--plain", "--fault", "close-reason=1011");
    const closed = await runClient([`ws://[::1]:${closing.port}/`, "hello"]);
    assertEquals(closed.code, 3);
    assertMatch(closed.err, /it closed with code 1011/);
  },
});

Deno.test("--fault: lost datagrams are sent again, and reordered ones are taken", async () => {
  await using losing = await startServer("--udp", "--fault", "loss,p=0.5", "--seed", "4");
  const lines = Array.from({ length: 8 }, (_, number) => `message ${number}\n`).join("");
  const args = ["--udp", "--timeout", "300ms", "--retries", "20"];
  const lossy = await runClient(["::1", `${losing.port}`, ...args], lines);
  assertEquals(lossy.code, 0);
  assertMatch(`${lossy.out}${lossy.err}`, /[1-9]\d* retried/);
  await using shuffling = await startServer("--udp", "--fault", "reorder,p=0.5", "--seed", "4");
  const shuffled = await runClient(["::1", `${shuffling.port}`, "--udp"], lines);
  assertEquals(shuffled.code, 0);
});
