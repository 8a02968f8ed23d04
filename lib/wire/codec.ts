/**
 * What a dialect does for one connection: a codec takes messages out of the bytes that have come,
 * and puts what a side has to say into bytes. Reading and waiting are the loop's work.
 *
 * @module
 */
import type { Command } from "./commands.ts";
import type { Kind } from "./kind.ts";
import type { ErrorCode } from "./payloads.ts";
import type { ByteReader } from "./reader.ts";

/** Takes what has come apart, without waiting. `recvMsg` waits for it. */
export interface Decoder<T> {
  /**
   * The next one in the buffer; null while more has to come. Views in it are valid until the next
   * read. Throws a `WireError` for a malformed message, after the good ones before it were returned.
   */
  take(): T | null;
  /** How many bytes must be in the buffer before `take` can return something. */
  readonly needs: number;
  /** The stream has ended: `take` returns what is left. Throws `Truncated` if it ended too early. */
  end(): void;
}

/** Puts into bytes what is not an echo. `sendMsg` sends it. */
export interface Encoder {
  /** A message as bytes; null where the dialect has no words for this kind. */
  encode(kind: Kind, payload: Uint8Array): Uint8Array | null;
}

/**
 * Takes one payload: the bytes from `start` up to `end` of `bytes`. No view is made for each
 * message, which costs more than to look at its bytes. They are valid until the next read.
 */
export type PayloadVisitor = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * What one read brought and belongs together: whole messages of one kind, or one command, or one
 * piece of a message that is too long to be held whole.
 */
export interface Batch {
  /** What the messages are. */
  readonly kind: Kind;
  /** How many messages end in it. */
  readonly count: number;
  /** How many bytes of payload it has. */
  readonly bytes: number;
  /** What to write back. A dialect may answer with other bytes than came. */
  readonly echo: Uint8Array;
  /** The command that it is, or null. A command has no echo. */
  readonly command: Command | null;
  /** Whether the client has said that it ends, in the words of the dialect. */
  readonly ends: boolean;
  /** Whether it continues a message that began in an earlier batch. */
  readonly resumes: boolean;
  /** Whether its message goes on in the next batch. */
  readonly continues: boolean;
  /** Calls `visit` with each payload, in their order; of a piece, with the part that is in it. */
  forEachPayload(visit: PayloadVisitor): void;
}

/** What the server accepts, in bytes of payload. */
export interface CodecLimits {
  /** The longest message. A longer one is malformed. */
  readonly maxMessage: number;
  /** The longest message that is held whole. A longer one is echoed in pieces, as it comes. */
  readonly maxHeld: number;
}

/** What the server's end of a dialect is given. */
export interface CodecIo {
  /** Where the client's bytes come from. */
  readonly reader: ByteReader;
  /** What is accepted. */
  readonly limits: CodecLimits;
}

/** A message on its way to all other clients. */
export interface Broadcast {
  /** What it is: a text, or bytes as they came. */
  readonly kind: Kind;
  /** The payload of a `broadcast` frame: its sender and the message. */
  readonly payload: Uint8Array;
}

/** How the server's side of a connection ends, for the client. */
export interface Farewell {
  /** What went wrong; null: nothing. */
  readonly code: ErrorCode | null;
  /** The reason, for people. */
  readonly text: string;
}

/** The server's end of a dialect, for one connection. */
export interface Codec extends Decoder<Batch>, Encoder {
  /** Whether some texts are commands. Only a command brings the history, so only then it is kept. */
  readonly hasCommands: boolean;
  /** Whether last words may come now, where the echo of a message in pieces is not over. */
  readonly canInterrupt: boolean;
  /** The first bytes that a client gets: a text for people. */
  greeting(text: string): Uint8Array;
  /** A message of another client. */
  broadcast(broadcast: Broadcast): Uint8Array;
  /** The last bytes that a client gets before the server ends its side; null: none. */
  farewell(close: Farewell): Uint8Array | null;
}

/** What a client receives. Views are valid until the next read. */
export type Reply =
  /** The message whose echo is due came back. */
  | { type: "echo"; payload: Uint8Array }
  /**
   * Bytes that are no echo of what is due, and that nothing else explains. `wanted` is the echo in
   * the form of `bytes`; null where none is due.
   */
  | { type: "stray"; bytes: Uint8Array; wanted: Uint8Array | null }
  /** A message of another client. */
  | { type: "broadcast"; sender: Uint8Array; payload: Uint8Array }
  /** All messages so far follow; `count` is how many. */
  | { type: "history"; count: number }
  /** One of them. */
  | { type: "history-message"; payload: Uint8Array }
  /** A text for people. */
  | { type: "notice"; text: Uint8Array }
  /** The server ends the connection, and why. */
  | { type: "error"; reason: Uint8Array }
  /** The server wants these bytes, of the dialect itself, back. */
  | { type: "control"; answer: Uint8Array };

/** What the client expects. Dialects without kinds recognize replies by it. */
export interface Expectation {
  /** The message whose echo is due next, or undefined. */
  echo(): Uint8Array | undefined;
  /** How many messages a history would have, if one is due next; else null. */
  history(): number | null;
  /** Whether no echo has come yet: what comes before may be a greeting. */
  isFirst(): boolean;
  /** Whether the messages of other clients may come too. */
  readonly othersMaySpeak: boolean;
}

/** What the client's end of a dialect is given. */
export interface ClientCodecIo {
  /** Where the server's bytes come from. */
  readonly reader: ByteReader;
  /** What the client expects. */
  readonly expected: Expectation;
  /** The longest message that a server may send, in bytes. */
  readonly maxMessage: number;
}

/** The client's end of a dialect, for one connection. */
export interface ClientCodec extends Decoder<Reply>, Encoder {
  /** Whether some texts are commands. */
  readonly hasCommands: boolean;
  /** Whether a message may have several lines. */
  readonly multiline: boolean;
  /** Whether only its content tells an echo from a notice. */
  readonly matchesByContent: boolean;
  /** The echo of a message in the form that a `stray` reply has. */
  echoForm(payload: Uint8Array): Uint8Array;
  /** The last bytes before the client ends its side; null: none. */
  farewell(): Uint8Array | null;
}
