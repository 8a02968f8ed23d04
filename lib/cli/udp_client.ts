/**
 * `echo client --udp`: messages as datagrams, and a summary of their echoes.
 *
 * @module
 */
import type { Counts, Emit } from "../client/events.ts";
import { nextLine } from "../client/pipe.ts";
import { DatagramClient, MAX_DATAGRAM_BYTES } from "../client/udp.ts";
import { stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import type { Endpoint } from "../net/address.ts";
import { resolveUdp } from "../net/datagram.ts";
import { RepeatedRace } from "../race.ts";
import type { ByteReader } from "../wire/reader.ts";
import { openEditor } from "./prompt.ts";
import type { Shutdown } from "./shutdown.ts";

/** What a client over UDP needs. */
export interface UdpClientContext {
  /** The server. */
  endpoint: Endpoint;
  /** The words of MESSAGE, or none. */
  words: string[];
  /** `--timeout`, in milliseconds. */
  timeout: number;
  /** `--retries`. */
  retries: number;
  /** The text before a line that is typed. */
  prompt: string;
  /** Takes the events. */
  emit: Emit;
  /** The source of lines. */
  stdin: ByteReader;
  /** Shows the prompt and the summary. */
  screen: Screen;
  /** Ends the input. */
  shutdown: Shutdown;
}

/** The next message, or null at the end. */
type Next = () => Promise<Uint8Array | null>;

/** Sends MESSAGE, or each line, and prints a summary. Rejects as `DatagramClient` does. */
export async function runUdpClient(context: UdpClientContext): Promise<void> {
  const { endpoint, words, timeout, retries, prompt, emit, stdin, screen, shutdown } = context;
  const { socket, servers } = await resolveUdp(endpoint.hostname, endpoint.port);
  const server = `${endpoint.hostname} UDP port ${endpoint.port}`;
  const client = new DatagramClient(socket, { server, servers, timeout, retries }, emit);
  try {
    if (words.length > 0) return await sendAll(client, once(words.join(" ")), shutdown);
    if (!stdinIsTerminal() || !screen.isTerminal) {
      return await sendAll(client, linesOf(stdin), shutdown);
    }
    const editor = await openEditor(screen, prompt, shutdown);
    const typed = async () => encoded(await editor.next());
    await sendAll(client, typed, shutdown, () => editor.close());
  } finally {
    if (needsSummary(client.counts)) await screen.printDiagnostic(summary(client.counts));
  }
}

/** Sends all messages until the end or a request to end, and waits for those in flight. */
async function sendAll(
  client: DatagramClient,
  next: Next,
  { signal }: Shutdown,
  close = () => {},
): Promise<void> {
  const stopped = new Promise<null>((resolve) =>
    signal.addEventListener("abort", () => resolve(null), { once: true })
  );
  const over = new RepeatedRace(Promise.race([stopped, client.failed]));
  let failure: unknown = null;
  try {
    while (!signal.aborted) {
      const message = await over.run(next());
      if (message === null) break;
      await client.send(message);
    }
  } catch (error) {
    failure = error;
  }
  close();
  const ended = client.end();
  if (failure === null) return await ended;
  await ended.catch(() => {});
  throw failure;
}

function once(message: string): Next {
  let left: string | null = message;
  return () => {
    const next = encoded(left);
    left = null;
    return Promise.resolve(next);
  };
}

function linesOf(stdin: ByteReader): Next {
  let number = 0;
  return () => nextLine(stdin, ++number, MAX_DATAGRAM_BYTES);
}

function encoded(text: string | null): Uint8Array | null {
  return text === null ? null : new TextEncoder().encode(text);
}

/** One message that came back at once needs no summary. */
function needsSummary({ sent, lost, retried, duplicated, reordered }: Counts): boolean {
  return sent > 1 || lost + retried + duplicated + reordered > 0;
}

function summary({ sent, echoed, lost, retried, duplicated, reordered }: Counts): string {
  return `${sent} sent, ${echoed} echoed, ${lost} lost, ${retried} retried, ` +
    `${duplicated} duplicated, ${reordered} reordered`;
}
