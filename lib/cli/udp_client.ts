/**
 * `echo client --udp`: messages as datagrams, and what became of them.
 *
 * @module
 */
import type { Counts, Emit } from "../client/events.ts";
import { nextLine } from "../client/pipe.ts";
import { DatagramClient, MAX_DATAGRAM_BYTES } from "../client/udp.ts";
import { editLines, stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import type { Endpoint } from "../net/address.ts";
import { resolveUdp } from "../net/datagram.ts";
import type { ByteReader } from "../wire/reader.ts";
import type { Shutdown } from "./shutdown.ts";

/** What `--udp` is given. */
export interface UdpConversation {
  /** The server. */
  endpoint: Endpoint;
  /** MESSAGE, or none. */
  words: string[];
  /** `--timeout`, in milliseconds. */
  timeout: number;
  /** `--retries`. */
  retries: number;
  /** What stands before the line that a person types. */
  prompt: string;
  /** Takes what happens. */
  emit: Emit;
  /** Where lines come from. */
  stdin: ByteReader;
  /** Where a prompt and the counts are shown. */
  screen: Screen;
  /** Ends the input. */
  interrupt: Shutdown;
}

/** Gives the next message, or null at the end. */
type Next = () => Promise<Uint8Array | null>;

/** Sends MESSAGE, or line after line, and says what became of them. Rejects as `DatagramClient`. */
export async function runUdpClient(conversation: UdpConversation): Promise<void> {
  const { endpoint, words, timeout, retries, prompt, emit, stdin, screen, interrupt } =
    conversation;
  const { socket, servers } = await resolveUdp(endpoint.hostname, endpoint.port);
  const server = `${endpoint.hostname} UDP port ${endpoint.port}`;
  const client = new DatagramClient(socket, { server, servers, timeout, retries }, emit);
  try {
    if (words.length > 0) return await sendAll(client, once(words.join(" ")), interrupt);
    if (!stdinIsTerminal() || !screen.isTerminal) {
      return await sendAll(client, linesOf(stdin), interrupt);
    }
    const editor = await editLines(screen, prompt, () => interrupt.request());
    const typed = async () => encoded(await editor.next());
    await sendAll(client, typed, interrupt, () => editor.close());
  } finally {
    if (needsSummary(client.counts)) await screen.printDiagnostic(summary(client.counts));
  }
}

/** Until the last message, or until interrupted; `close` the input, and wait for what is under way. */
async function sendAll(
  client: DatagramClient,
  next: Next,
  { signal }: Shutdown,
  close = () => {},
): Promise<void> {
  const stopped = new Promise<null>((resolve) =>
    signal.addEventListener("abort", () => resolve(null), { once: true })
  );
  let failure: unknown = null;
  try {
    while (!signal.aborted) {
      const message = await Promise.race([next(), stopped, client.failed]);
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

/** One message that came back at once needs no words. */
function needsSummary({ sent, lost, retried, duplicated, reordered }: Counts): boolean {
  return sent > 1 || lost + retried + duplicated + reordered > 0;
}

function summary({ sent, echoed, lost, retried, duplicated, reordered }: Counts): string {
  return `${sent} sent, ${echoed} echoed, ${lost} lost, ${retried} retried, ` +
    `${duplicated} duplicated, ${reordered} reordered`;
}
