/**
 * The kinds of messages.
 *
 * @module
 */

/** The kinds, as frames number them. */
export const Kind = {
  /** Any bytes; echoed unchanged and never a command. */
  bytes: 0x00,
  /** UTF-8; echoed unchanged unless it is a command. */
  text: 0x01,
  /** Another client's message: u8 length of its sender, the sender, the message. */
  broadcast: 0x02,
  /** u64 count; so many frames follow as they were received, then the server closes. */
  history: 0x03,
  /** UTF-8 text for people. */
  notice: 0x04,
  /** u16 code, UTF-8 reason; then the server closes. */
  error: 0x05,
} as const;

/** One of the kinds. */
export type Kind = typeof Kind[keyof typeof Kind];
