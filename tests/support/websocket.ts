/**
 * WebSocket as bytes: frames that a client may send and may not, and what a server answers.
 *
 * @module
 */
import { concat, noise, utf8 } from "./sources.ts";

/** A frame as a test wants it, right or wrong. */
export interface RawFrame {
  /** 1 is text, 2 binary, 0 a continuation, 8 a close, 9 a ping, 10 a pong. */
  opcode: number;
  /** Its payload; a text is in UTF-8. */
  payload?: Uint8Array | string;
  /** Whether it ends its message. */
  fin?: boolean;
  /** Its reserved bits, 0 to 7. */
  rsv?: number;
  /** Whether it has a mask, as those of clients. */
  masked?: boolean;
}

let masks = 0;

/** The bytes of a frame. */
export function frameOf(
  { opcode, payload = "", fin = true, rsv = 0, masked = true }: RawFrame,
): Uint8Array {
  const bytes = typeof payload === "string" ? utf8(payload) : payload;
  const { length } = bytes;
  const first = Number(fin) << 7 | rsv << 4 | opcode;
  const head = length < 126
    ? [length]
    : length < 2 ** 16
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, length >>> 24, length >>> 16 & 255, length >>> 8 & 255, length & 255];
  if (!masked) return concat(Uint8Array.of(first, ...head), bytes);
  const mask = noise(4, ++masks);
  const hidden = bytes.map((byte, i) => byte ^ mask[i & 3]!);
  head[0]! |= 0x80;
  return concat(Uint8Array.of(first, ...head), mask, hidden);
}

/** A close frame with a code, a reason, or neither. */
export function closeFrame(code?: number, reason: string | Uint8Array = ""): Uint8Array {
  const text = typeof reason === "string" ? utf8(reason) : reason;
  const payload = code === undefined ? text : concat(Uint8Array.of(code >> 8, code & 255), text);
  return frameOf({ opcode: 8, payload });
}

/** A frame that a server has sent. */
export interface ServerFrame {
  /** As in `RawFrame`. */
  opcode: number;
  /** Whether it ends its message. */
  fin: boolean;
  /** Its payload. */
  payload: Uint8Array;
}

/** The frames in what a server has sent. Throws where a frame is cut off, or masked. */
export function framesIn(bytes: Uint8Array): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const first = view.getUint8(0), short = view.getUint8(1);
    if (short > 127) throw new TypeError("a server's frame has a mask");
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = short < 126
      ? short
      : short === 126
      ? view.getUint16(2)
      : Number(view.getBigUint64(2));
    const payload = bytes.subarray(at + size, at + size + length);
    if (payload.length < length) throw new TypeError("a server's frame is cut off");
    frames.push({ opcode: first & 15, fin: first > 127, payload });
    at += size + length;
  }
  return frames;
}

/** What a server has said, in words: `text hello`, `binary 0102`, `pong hi`, `close 1000 bye`. */
export function wordsOf(frames: ServerFrame[]): string[] {
  const words: string[] = [];
  const fragments: ServerFrame[] = [];
  for (const frame of frames) {
    if (frame.opcode >= 8) {
      words.push(controlWords(frame));
      continue;
    }
    if ((frame.opcode === 0) !== (fragments.length > 0)) {
      throw new TypeError("a fragment is misplaced");
    }
    fragments.push(frame);
    if (!frame.fin) continue;
    const payload = concat(...fragments.map((fragment) => fragment.payload));
    words.push(dataWords({ ...fragments[0]!, payload }));
    fragments.length = 0;
  }
  return words;
}

function dataWords({ opcode, payload }: ServerFrame): string {
  const shown = payload.length > 40 ? `${payload.length} bytes` : null;
  if (opcode === 2) return `binary ${shown ?? payload.toHex()}`;
  return `text ${shown ?? new TextDecoder("utf-8", { fatal: true }).decode(payload)}`;
}

function controlWords({ opcode, payload }: ServerFrame): string {
  if (opcode === 9) return `ping ${new TextDecoder().decode(payload)}`;
  if (opcode === 10) {
    return `pong ${
      payload.length > 40 ? `${payload.length} bytes` : new TextDecoder().decode(payload)
    }`;
  }
  return payload.length === 0 ? "close" : `close ${payload[0]! << 8 | payload[1]!}`;
}

/** The request that begins a WebSocket. */
export function upgradeRequest(host: string, headers: Record<string, string> = {}): Uint8Array {
  const all = {
    "Host": host,
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return utf8(`GET / HTTP/1.1\r\n${lines.join("")}\r\n`);
}

/** The head of an answer, and what came behind it. */
export function afterHead(bytes: Uint8Array): { head: string; rest: Uint8Array } {
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n") + 4;
  return { head: text.slice(0, end), rest: bytes.subarray(end) };
}
