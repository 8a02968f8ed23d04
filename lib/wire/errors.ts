/**
 * The errors of malformed bytes, each with its numbers.
 *
 * @module
 */

/** Any of the errors below: the peer broke the protocol. */
export abstract class WireError extends Error {}

/** The stream ended before as many bytes as needed. */
export class Truncated extends WireError {
  /** How many of how many bytes came, and of what. */
  constructor(readonly got: number, readonly wanted: number, of = "what was expected") {
    super(`${got} of ${wanted} bytes of ${of} came before the end`);
  }
}

/** The stream ended inside a frame's length field. */
export class TruncatedHeader extends Truncated {
  /** How many of the header's bytes came. */
  constructor(got: number, wanted: number) {
    super(got, wanted, "a frame's header");
  }
}

/** The stream ended inside a frame's body: its kind and payload. */
export class TruncatedBody extends Truncated {
  /** How many of the body's bytes came. */
  constructor(got: number, wanted: number) {
    super(got, wanted, "a frame's body");
  }
}

/** A message is longer than the limit. Nothing was allocated for it. */
export class TooLarge extends WireError {
  /** The announced bytes of the payload (of a line, those that came), and the limit. */
  constructor(readonly size: number, readonly limit: number) {
    super(`a message of ${size} bytes is over the limit of ${limit}`);
  }
}

/** The budget has too little memory for a message that is within the limit. */
export class MemoryLimitExceeded extends WireError {
  constructor() {
    super("long messages fill the memory that is set aside for them");
  }
}

/** A frame of length 0 has not even a kind. */
export class EmptyFrame extends WireError {
  constructor() {
    super("a frame of length 0 has no kind");
  }
}

/** A frame has a kind that the other side may not send. */
export class UnknownKind extends WireError {
  /** The kind that came. */
  constructor(readonly kind: number) {
    super(`a frame is of unknown kind 0x${kind.toString(16).padStart(2, "0")}`);
  }
}

/** The stream ended before all messages of a history had come. */
export class IncompleteHistory extends WireError {
  /** How many of how many came. */
  constructor(got: number, count: number) {
    super(`the server closed it after ${got} of ${count} messages`);
  }
}

/** A payload of the server cannot be parsed. */
export class BadPayload extends WireError {
  /** The kind of frame it came in. */
  constructor(readonly of: string) {
    super(`the payload of a frame of kind ${of} is malformed`);
  }
}

/** Bytes that a peer of WebSocket or HTTP may not send. */
export class ProtocolError extends WireError {}

/** A text is not UTF-8. */
export class InvalidUtf8 extends WireError {
  constructor() {
    super("a text is not UTF-8");
  }
}

/** A client of WebSocket left without a Close frame. */
export class NoCloseFrame extends WireError {
  constructor() {
    super("it left without a Close frame");
  }
}
