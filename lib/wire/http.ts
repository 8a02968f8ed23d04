/**
 * Requests of HTTP/1.1 (RFC 9112), strictly: what two programs could read in two ways is refused.
 *
 * @module
 */
import type { Decoder } from "./codec.ts";
import { WireError } from "./errors.ts";
import { GrowingBuffer } from "./growing_buffer.ts";
import type { ByteReader } from "./reader.ts";

/** The longest request line, the longest head, and the most lines of one. */
const LIMITS = { requestLine: 8 * 1024, head: 16 * 1024, lines: 100 };

/** The longest body, in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** A request that gets an answer with this status and no other. */
export class HttpError extends WireError {
  /** The status, the reason for people, and headers that the answer has to have. */
  constructor(
    readonly status: number,
    reason: string,
    readonly headers: readonly [string, string][] = [],
  ) {
    super(reason);
  }
}

/** The head of a request. */
export interface RequestHead {
  /** `GET`. */
  readonly method: string;
  /** The path and the query, as they came: `/echo?raw`. */
  readonly target: string;
  /** Whether it is of HTTP/1.1; else of 1.0. */
  readonly isHttp11: boolean;
  /** The names in lower case, and the values, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The value of a header; null where it is missing. Several are one list (RFC 9110, 5.2). */
export function headerOf({ headers }: RequestHead, name: string): string | null {
  const values = headers.filter(([other]) => other === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(", ");
}

/** The words of a header that is a list, in lower case. */
export function tokensOf(head: RequestHead, name: string): string[] {
  const value = headerOf(head, name) ?? "";
  return value.toLowerCase().split(",").map((word) => word.trim()).filter((word) => word !== "");
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~]+) HTTP\/(\d)\.(\d)$/;
const TARGET = /^(\/|\*$)/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
// deno-lint-ignore no-control-regex -- a value has none but tabs (RFC 9110, 5.5)
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f]/;
const END = new TextEncoder().encode("\r\n\r\n");
const latin1 = new TextDecoder("latin1");

/** Whether some bytes are a whole head of a request, which nothing but HTTP begins with. */
export function isRequestHead(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0x0a);
  if (end < 1 || bytes[end - 1] !== 0x0d || endOfHead(bytes) < 0) return false;
  return REQUEST_LINE.test(latin1.decode(bytes.subarray(0, end - 1)));
}

/** Where the blank line ends, or -1. */
function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(END[0]!); at >= 0; at = bytes.indexOf(END[0]!, at + 1)) {
    if (END.every((byte, i) => bytes[at + i] === byte)) return at + END.length;
  }
  return -1;
}

/** Takes the head of one request. Throws an `HttpError` for a bad one, as soon as that shows. */
export class HeadDecoder implements Decoder<RequestHead> {
  /** One byte more than was looked at. */
  needs = 1;
  readonly #reader: ByteReader;

  /** From `reader`. */
  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** As in `Decoder`. */
  take(): RequestHead | null {
    const { buffered } = this.#reader;
    const end = endOfHead(buffered);
    const head = end < 0 ? buffered : buffered.subarray(0, end);
    checkBeginning(head);
    if (end >= 0) {
      this.#reader.discard(end);
      return headIn(latin1.decode(head.subarray(0, end - END.length)));
    }
    this.needs = buffered.length + 1;
    return null;
  }

  /** As in `Decoder`. */
  end(): void {
    if (this.#reader.available > 0) throw new HttpError(400, "the head was cut off");
  }
}

/** The limits, and that it can still become a request. */
function checkBeginning(head: Uint8Array): void {
  const end = head.indexOf(0x0a);
  if ((end < 0 ? head.length : end) > LIMITS.requestLine) {
    throw new HttpError(414, "the request line is too long");
  }
  if (head.length > LIMITS.head) throw new HttpError(431, "the head is too long");
  if (end >= 0) requestLineIn(latin1.decode(head.subarray(0, end + 1)));
  else if (!/^[!-~]{0,32}( |$)/.test(latin1.decode(head.subarray(0, 33)))) {
    throw new HttpError(400, "that is no request of HTTP");
  }
}

function requestLineIn(line: string): Omit<RequestHead, "headers"> {
  const [, method, target, major, minor] = REQUEST_LINE.exec(line.replace(/\r\n$/, "")) ?? [];
  if (method === undefined || !line.endsWith("\r\n")) {
    throw new HttpError(400, "the request line is malformed");
  }
  if (major !== "1" || minor! > "1") throw new HttpError(505, "only HTTP/1.0 and 1.1 are spoken");
  if (!TARGET.test(target!)) throw new HttpError(400, "the target is no path");
  return { method, target: target!, isHttp11: minor === "1" };
}

function headIn(text: string): RequestHead {
  const [first = "", ...lines] = text.split("\r\n");
  if (lines.length > LIMITS.lines) throw new HttpError(431, "the head has too many lines");
  const headers = lines.map((line) => {
    const [, name, value] = CONTROLS.test(line) ? [] : HEADER.exec(line) ?? [];
    if (name === undefined) throw new HttpError(400, "a header is malformed");
    return [name.toLowerCase(), value!] as const;
  });
  const head = { ...requestLineIn(`${first}\r\n`), headers };
  const hosts = headers.filter(([name]) => name === "host").length;
  if (hosts > 1 || hosts === 0 && head.isHttp11) {
    throw new HttpError(400, "a request has exactly one Host");
  }
  return head;
}

/** How the body of a request is told from what follows. */
export type Framing = { type: "length"; length: number } | { type: "chunked" };

/** The framing of a body. Throws an `HttpError` where it is unclear, or too long. */
export function framingOf(head: RequestHead): Framing {
  const length = headerOf(head, "content-length");
  const coding = headerOf(head, "transfer-encoding");
  if (coding !== null) {
    if (length !== null) throw new HttpError(400, "both Content-Length and Transfer-Encoding came");
    if (!head.isHttp11) throw new HttpError(400, "HTTP/1.0 has no Transfer-Encoding");
    if (coding.toLowerCase() !== "chunked") throw new HttpError(501, "only chunked is known");
    return { type: "chunked" };
  }
  if (length === null) return { type: "length", length: 0 };
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(400, "Content-Length is not a number");
  if (Number(length) > MAX_BODY_BYTES) throw tooLong();
  return { type: "length", length: Number(length) };
}

function tooLong(): HttpError {
  return new HttpError(413, `a body has at most ${MAX_BODY_BYTES} bytes`);
}

/** Reads a body to its end. Throws an `HttpError` for a malformed one. */
export async function recvBody(reader: ByteReader, framing: Framing): Promise<Uint8Array> {
  if (framing.type === "length") return await recvExactly(reader, framing.length);
  const body = new GrowingBuffer();
  for (;;) {
    const line = await recvChunkLine(reader);
    const [, digits] = /^([0-9a-fA-F]{1,8})(?:[ \t]*;[!-~ \t]*)?$/.exec(line) ?? [];
    if (digits === undefined) throw new HttpError(400, "a chunk's size is malformed");
    const size = parseInt(digits, 16);
    if (size === 0) break;
    if (body.length + size > MAX_BODY_BYTES) throw tooLong();
    body.append(await recvExactly(reader, size));
    if (await recvChunkLine(reader) !== "") throw new HttpError(400, "a chunk is too long");
  }
  for (let lines = 0;; lines++) {
    const line = await recvChunkLine(reader);
    if (line === "") break;
    if (lines === LIMITS.lines) throw new HttpError(431, "there are too many trailers");
    if (CONTROLS.test(line) || !HEADER.test(line)) {
      throw new HttpError(400, "a trailer is malformed");
    }
  }
  return body.bytes;
}

async function recvExactly(reader: ByteReader, count: number): Promise<Uint8Array> {
  if (!await reader.fill(count)) throw new HttpError(400, "the body was cut off");
  return reader.take(count).slice();
}

/** A line that ends in CR LF, without it. */
async function recvChunkLine(reader: ByteReader): Promise<string> {
  for (let searched = 0;;) {
    const end = reader.buffered.indexOf(0x0a, searched);
    if (end > LIMITS.requestLine || end < 0 && reader.available > LIMITS.requestLine) {
      throw new HttpError(400, "a line of the body is too long");
    }
    if (end >= 0) {
      const line = latin1.decode(reader.take(end + 1));
      if (!line.endsWith("\r\n")) throw new HttpError(400, "a line does not end in CR LF");
      return line.slice(0, -2);
    }
    searched = reader.available;
    if (!await reader.fill(searched + 1)) throw new HttpError(400, "the body was cut off");
  }
}
