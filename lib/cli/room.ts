/**
 * `--room` of `echo server`: which broker, which room, and with which secret.
 *
 * @module
 */
import { nodeStatusOf } from "../admin/node_status.ts";
import { Sampler } from "../admin/sampler.ts";
import type { AdminSource } from "../admin/source.ts";
import { readAuthorities } from "../certs/pem.ts";
import { readFileText } from "../certs/read_file.ts";
import { Failure, reasonOf } from "../failure.ts";
import { localHostname } from "../net/host.ts";
import type { Sink } from "../server/events.ts";
import type { NatsLink } from "../net/nats.ts";
import { Relay } from "../server/relay.ts";
import { MemoryBudget } from "../wire/memory_budget.ts";
import { loadNats } from "./load_nats.ts";
import type { RoomAddress } from "./room_address.ts";

/** What a room needs besides its address. */
export interface RoomContext {
  /** `--room-ca`. */
  ca: string | null;
  /** `--room-secret`. */
  secret: string | null;
  /** `--max-message` and `--max-buffered`, in bytes. */
  maxMessage: number;
  /** As above. */
  maxBuffered: number;
  /** What this server is doing, for `echo top`. */
  source: AdminSource;
  /** Takes its events. */
  sink: Sink;
}

/** The relay of a room, not connected yet. Throws a `Failure` for a file that cannot be used. */
export async function openRoom(
  { isEncrypted, brokers, room }: RoomAddress,
  context: RoomContext,
): Promise<Relay> {
  const { maxMessage, maxBuffered, sink, source } = context;
  const { authorities, secret } = await credentialsFor(isEncrypted, context);
  let next = Math.floor(Math.random() * brokers.length);
  const dial = async (signal: AbortSignal): Promise<NatsLink> => {
    const broker = brokers[next++ % brokers.length]!; // the next one after each failure
    const { NatsLink } = await loadNats();
    const name = `echo ${relay.node}`;
    return await NatsLink.connect({ ...broker, authorities, secret, name }, signal);
  };
  const budget = new MemoryBudget(maxBuffered);
  const sampler = new Sampler(source, () => {}); // for as long as the server runs
  const relay: Relay = new Relay({
    ...{ dial, room, host: localHostname(), sink, maxMessage, budget },
    describe: async () => nodeStatusOf(await sampler.status()),
  });
  return relay;
}

/** How a broker is reached. Throws a `Failure` for a file that cannot be used. */
export async function credentialsFor(
  isEncrypted: boolean,
  { ca, secret }: { ca: string | null; secret: string | null },
): Promise<{ authorities: string[] | null; secret: string | null }> {
  if (ca !== null && !isEncrypted) {
    const why = "without TLS there is no certificate";
    throw new Failure("usage", { what: "cannot use --room-ca", why, hint: "use tls://" });
  }
  return {
    authorities: isEncrypted ? (ca === null ? [] : await readAuthorities(ca)) : null,
    secret: secret === null ? null : await readSecret(secret),
  };
}

/** The first line of a file: it is never in arguments, where every user of the machine sees it. */
async function readSecret(file: string): Promise<string> {
  try {
    const secret = (await readFileText(file)).split("\n")[0]!.trim();
    if (secret !== "") return secret;
    throw new Error("it is empty");
  } catch (cause) {
    const hint = "its first line is the seed of an nkey, user:password, or a token";
    const what = `cannot read the secret "${file}"`;
    throw new Failure("usage", { what, why: reasonOf(cause), hint });
  }
}
