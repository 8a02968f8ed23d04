/**
 * The options of `echo server`. Their defaults are in lib/server/options.ts.
 *
 * @module
 */
import { SERVER_DEFAULTS as DEFAULTS, SLOW_READERS } from "../server/options.ts";
import { bufferOption, logOptions, MAX_SIZE_BYTES, styleOptions } from "./common_options.ts";
import {
  count,
  dialect,
  duration,
  file,
  flag,
  localPort,
  oneOf,
  origin,
  size,
  text,
  type Values,
} from "./options.ts";
import { faultOption, seedOption } from "./fault_options.ts";
import { roomOption } from "./room_address.ts";

/** The longest message that a frame's length can tell, rounded down, in bytes. */
const MAX_FRAME_BYTES = 0xffff_fff0;

/** The most connections that an option takes. */
const CONNECTIONS = { max: 1_000_000 };

/** The table. */
export const serverOptions = {
  "broadcast": flag("send every message to all other clients too", "b"),
  "room": {
    ...roomOption,
    help: "share the room with other servers over NATS: nats://HOST[:PORT]/NAME; implies -b",
  },
  "room-ca": file("with tls:// in --room: trust the authority in FILE too, PEM"),
  "room-secret": file("a file with what the broker wants: an nkey seed, user:password, a token"),
  "once": flag("stop when the client has left whose first message came first"),
  "welcome": text("a text that each client gets first (style plus: Welcome to my server)"),
  ...styleOptions,
  ...logOptions("echo-server.log"),
  "no-log": flag("keep no log"),
  "cert": file("certificate chain, PEM (default: one that echo makes itself)"),
  "key": file("its private key, PEM"),
  "plain": flag("no TLS: for nc, telnet, and clients written by hand"),
  "dialect": dialect("frames, or for browsers websocket, as ALPN says, else raw"),
  "no-web": flag("no HTTP and no WebSocket: browsers are clients of raw"),
  "origin": origin("let web pages of ORIGIN connect too, besides our own page; may be repeated"),
  "admin": localPort("health, metrics and a live page over HTTP; HOST is 127.0.0.1 if not given"),
  ...bufferOption,
  "max-message": size("the longest message", DEFAULTS.maxMessage, MAX_FRAME_BYTES),
  "max-buffered": size("memory for all messages over 64KiB", DEFAULTS.maxBuffered, MAX_SIZE_BYTES),
  "max-history": size("the history kept for one client", DEFAULTS.maxHistory, MAX_SIZE_BYTES),
  "max-history-total": size(
    "the histories of all clients",
    DEFAULTS.maxHistoryTotal,
    MAX_SIZE_BYTES,
  ),
  "max-connections": count("connections at a time", DEFAULTS.maxConnections, CONNECTIONS),
  "max-per-address": count(
    "connections from one address, of IPv6 from one /64",
    DEFAULTS.maxPerAddress,
    CONNECTIONS,
  ),
  "fault": faultOption,
  "seed": seedOption,
  "workers": count("how many threads share the port", 1, { max: 64 }),
  "handshake-timeout": duration(
    "how long the TLS handshake may take",
    DEFAULTS.handshakeTimeout,
  ),
  "idle-timeout": duration(
    "close a client that sends no message, or less than 64KiB of one, for this long",
    DEFAULTS.idleTimeout,
  ),
  "stall-timeout": duration(
    "close a client that reads nothing of its echo for this long",
    DEFAULTS.stallTimeout,
  ),
  "slow-reader": {
    ...oneOf(
      "a client that cannot keep up with a broadcast: drop messages, or evict the client",
      SLOW_READERS,
      DEFAULTS.slowReader,
    ),
    value: "POLICY",
  },
  "udp": flag("echo datagrams too, on the UDP port of the same number (RFC 862)"),
  "udp-rate": count("with --udp: datagrams a second from one address", 1000, { max: 1_000_000 }),
  "drain": duration("how long clients have when the server stops", DEFAULTS.drain),
};

/** Their values. */
export type ServerValues = Values<typeof serverOptions>;
