/**
 * The cases of the suite `path` about small messages: whether they pass at all, and unchanged.
 *
 * @module
 */
import { quoted } from "../../client/diagnosis.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import { collect, pass, type Passage, type Path } from "./path.ts";
import { line } from "../payloads.ts";

/** How long to wait for bytes that should not come, in milliseconds. */
const SURPLUS_MS = 30;

/** A conversation on a connection of its own: what it begins with may decide how it is treated. */
interface Sample {
  /** What is special about it, for a harm: `NUL bytes`. */
  name: string;
  /** Its messages. */
  messages: readonly Uint8Array[];
  /** The harm that explains another echo. */
  harmOf(received: Uint8Array, message: Uint8Array): string;
}

const text = new TextDecoder("latin1");
const utf8 = new TextEncoder();

const REQUEST = "GET /path HTTP/1.1\r\nHost: example.org\r\nConnection: keep-alive\r\n";

const HTTP_HARM = "takes the bytes for HTTP, and changes or holds them";

/** From those with one explanation to those with several. */
const SAMPLES: readonly Sample[] = [
  {
    name: "CR LF",
    messages: [utf8.encode("1\r\n2\n3\r4\r\n\r\n")],
    harmOf(received, message) {
      const [came, sent] = [text.decode(received), text.decode(message)];
      if (came === sent.replaceAll("\r\n", "\n")) return "turns CR LF into LF";
      return came === sent.replace(/\r?\n/g, "\r\n") ? "turns LF into CR LF" : "changes line ends";
    },
  },
  {
    name: "NUL bytes",
    messages: [utf8.encode("a\0b\0\0c\n")],
    harmOf(received, message) {
      const isRemoved = text.decode(received) === text.decode(message).replaceAll("\0", "");
      return isRemoved ? "removes NUL bytes" : "changes NUL bytes, or stops at them";
    },
  },
  // A server may answer a whole request with which a connection begins, as ours does. So it is the
  // beginning without its end, a response, and a whole one later.
  { name: "HTTP", messages: [utf8.encode(REQUEST)], harmOf: () => HTTP_HARM },
  {
    name: "HTTP",
    messages: [utf8.encode("HTTP/1.1 200 OK\r\nServer: a\r\n\r\n")],
    harmOf: () => HTTP_HARM,
  },
  { name: "HTTP", messages: [line("1"), utf8.encode(`${REQUEST}\r\n`)], harmOf: () => HTTP_HARM },
  {
    name: "all 256 values",
    messages: [Uint8Array.from({ length: 256 }, (_, index) => 255 - index)],
    harmOf: (received) => {
      const lost = 256 - new Set(received).size;
      return lost === 0 ? "changes bytes" : `changes bytes: ${lost} of the 256 values are lost`;
    },
  },
];

/** The first is the basis of all others. */
export const BYTE_CASES: readonly Case<Path>[] = [
  {
    id: "path-hello",
    isBasis: true,
    title: "a message comes back",
    async run(path) {
      const probe = await path.connect();
      const { isWhole, received, saw } = await pass(
        probe,
        path.server.message(line("Hello, path")),
      );
      if (isWhole) return saw;
      throw received.length === 0
        ? new Wrong(saw, "takes connections and passes no message")
        : new Wrong(`${quoted(received)} came back`, "changes even a line of text");
    },
  },
  {
    id: "path-bytes",
    title: "all bytes come back as they are: line ends, NUL, HTTP, all 256",
    timeout: 60_000,
    async run(path) {
      // Of lines, the server itself may change the line ends.
      if (path.server.dialect === "lines") throw new Skip("only for raw and frames");
      for (const sample of SAMPLES) await expectUnchanged(path, sample);
      return "all came back";
    },
  },
];

async function expectUnchanged(path: Path, { name, messages, harmOf }: Sample): Promise<void> {
  const probe = await path.connect();
  for (const payload of messages) {
    const message = path.server.message(payload);
    const passage = await pass(probe, message);
    await probe.wait(1, SURPLUS_MS);
    const surplus = await collect(probe, new Uint8Array(), 0);
    if (passage.isWhole && surplus.isWhole) continue;
    const received = passage.isWhole ? surplus.received : passage.received;
    const isHeld = received.length === 0;
    throw new Wrong(
      sawOf(passage, received, message.wanted),
      isHeld && name !== "HTTP" ? `holds a message with ${name}` : harmOf(received, payload),
    );
  }
}

function sawOf({ isWhole, saw }: Passage, received: Uint8Array, wanted: Uint8Array): string {
  if (isWhole) return `${quoted(received)} came after the echo`;
  return received.length === 0 ? saw : `${quoted(received)} came back, not ${quoted(wanted)}`;
}
