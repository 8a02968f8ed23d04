/**
 * What a client expects before it has sent anything.
 *
 * @module
 */
import type { Expectation } from "../../lib/wire/codec.ts";

/** No echo, no history, and no others. */
export const EXPECTS_NOTHING: Expectation = {
  echo: () => undefined,
  history: () => null,
  isFirst: () => true,
  othersMaySpeak: false,
};
