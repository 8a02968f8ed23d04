/**
 * The cases of the suite `tls` about whole connections, and about what one client does to the others.
 *
 * @module
 */
import { quoted } from "../../client/diagnosis.ts";
import { Failure } from "../../failure.ts";
import { equals } from "../../std.ts";
import { PROTOCOL } from "../../wire/dialect.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import { expectAnswer } from "./handshake_cases.ts";
import { ANSWER_MS } from "../judge.ts";
import { line } from "../payloads.ts";
import { tlsProblemOf, type TlsServer } from "./tls_server.ts";

/** A protocol that no server speaks. */
const UNKNOWN_PROTOCOL = "x-echo-check";

/** The size of an alert in the clear, in bytes. */
const ALERT_BYTES = 7;
const ALERT = 21;

/** The last one holds a client inside its handshake. */
export const TLS_CLIENT_CASES: readonly Case<TlsServer>[] = [
  {
    id: "tls-alpn",
    title: `a client that offers ${PROTOCOL} is served, or refused`,
    run: (server) => negotiate(server, PROTOCOL),
  },
  {
    id: "tls-alpn-unknown",
    title: "no ALPN protocol is chosen that was not offered",
    run: (server) => negotiate(server, UNKNOWN_PROTOCOL),
  },
  {
    id: "tls-close-notify",
    title: "after the client has ended its side, the server ends with close_notify",
    async run(server) {
      const { probe } = await server.connect();
      await probe.end();
      if (!await probe.waitForEnd(ANSWER_MS)) {
        const saw = `the connection was still open ${
          ANSWER_MS / 1000
        } s after the client had ended`;
        throw new Wrong(saw, "never closes: it must close when its read returns no bytes");
      }
      if (probe.ended === "closed") return "close_notify came";
      const cure = "end TLS before TCP (Python: unwrap(), C: SSL_shutdown())";
      throw new Wrong(
        "the TCP connection ended without it",
        `closes without close_notify, so that its clients cannot tell the end from a loss: ${cure}`,
      );
    },
  },
  {
    id: "tls-resumption",
    title: "a second connection may resume the session of the first one",
    async run(server) {
      const isResumed = await server.dialing.resumesSession();
      if (isResumed) return "the second connection resumed the session";
      throw new Skip("the second connection did not resume the session: that costs only time");
    },
  },
  {
    id: "tls-plain-text",
    title: "bytes that are no TLS get an alert or the end, and no echo",
    run: (server) => speakPlainText(server),
  },
  {
    id: "tls-slow-client",
    title: "a client that waits inside its handshake stops no other",
    async run(server) {
      await server.beginHandshake(); // it stays
      const mistake =
        "makes one handshake after the other: each client needs its own thread or task";
      await expectAnswer(server, mistake);
      return "another client was answered";
    },
  },
];

/** Offers one protocol; returns what came of it. Throws a `Wrong` for any other one. */
async function negotiate(server: TlsServer, offered: string): Promise<string> {
  try {
    const { protocol } = await server.connect([offered]);
    return protocol === null ? "it chose none" : `it chose ${protocol}`;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const problem = tlsProblemOf(error);
    if (problem === "alpn-refused") return "it refused with no_application_protocol";
    if (problem !== "alpn-not-offered") throw error;
    const mistake = "chooses an ALPN protocol that was not offered: it must choose none, or refuse";
    throw new Wrong(`${offered} was offered, and it chose another one`, mistake);
  }
}

async function speakPlainText(server: TlsServer): Promise<string> {
  const text = line("This is no TLS.");
  const probe = await server.connectPlain();
  await probe.send(text);
  await probe.wait(ALERT_BYTES, ANSWER_MS);
  const received = probe.take();
  if (received.length === 0 && probe.ended === null) {
    const saw = `nothing came within ${ANSWER_MS / 1000} s, and the connection stayed open`;
    throw new Wrong(saw, "keeps a client waiting that speaks no TLS: it must end the connection");
  }
  if (received.length > 0 && equals(received, text.subarray(0, received.length))) {
    const mistake = "echoes plain text on the port of TLS: a client believes that it is encrypted";
    throw new Wrong(`${quoted(received)} came back`, mistake);
  }
  await expectAnswer(server, "ends at bytes that are no TLS: it must handle that error");
  if (received.length === 0) return "it ended the connection";
  return received[0] === ALERT ? "it answered with an alert" : `it answered ${quoted(received)}`;
}
