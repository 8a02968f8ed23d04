/**
 * The module that speaks NATS, which most runs do not need.
 *
 * @module
 */
import { muteConsole } from "../console/screen.ts";

/** Loads it. Its library prints what it does not understand of a server. */
export async function loadNats(): Promise<typeof import("../net/nats.ts")> {
  muteConsole();
  return await import("../net/nats.ts");
}
