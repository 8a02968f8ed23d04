/**
 * The address of a room: `nats://HOST:PORT/NAME`.
 *
 * @module
 */
import { type Endpoint, validateIpPort } from "../net/address.ts";
import type { Option } from "./options.ts";

/** Where a room is. */
export interface RoomAddress {
  /** Whether the broker is reached over TLS. */
  isEncrypted: boolean;
  /** The servers of the broker. */
  brokers: Endpoint[];
  /** Its name. */
  room: string;
}

/** The port of a broker where none is given. */
const DEFAULT_PORT = "4222";

/** `nats://HOST[:PORT][,HOST[:PORT]...]/NAME`, or `tls://` in front; null for anything else. */
export function parseRoom(given: string): RoomAddress | null {
  const [, scheme, hosts, room] = /^(nats|tls):\/\/([^/@]+)\/([A-Za-z0-9_-]{1,64})$/.exec(given) ??
    [];
  if (hosts === undefined || room === undefined) return null;
  try {
    const brokers = hosts.split(",").map((host) => {
      const [, bracketed, bare, port = DEFAULT_PORT] =
        /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(host) ?? [];
      return validateIpPort(bracketed ?? bare ?? "", port, { lowestPort: 1 });
    });
    return { isEncrypted: scheme === "tls", brokers, room };
  } catch {
    return null;
  }
}

/** An option with a room, without its help. */
export const roomOption: Option<RoomAddress | null> = {
  value: "URL",
  help: "",
  initial: null,
  shown: null,
  parse: parseRoom,
  expects: "nats://HOST[:PORT][,HOST...]/NAME or tls://..., NAME of A-Z, a-z, 0-9, _ and -",
};
