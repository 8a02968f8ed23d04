/**
 * Well-behaved clients that talk all the time, and count what came back.
 *
 * @module
 */
import { Kind } from "../../lib/wire/kind.ts";
import type { Peer } from "./service.ts";
import type { Victim } from "./victim.ts";

/** One of them. */
export interface Talker {
  /** Its own port, by which the log knows it. */
  port: number;
  /** How many of its messages came back so far: `0`, `1`, `2` and so on. */
  echoed: number;
  /** Settles when the connection is over: null where it ended in order. */
  over: Promise<Error | null>;
}

/** Has `count` clients talk, several messages on their way at a time, until they are told to stop. */
export async function crowd(server: Victim, count: number): Promise<Talker[]> {
  const talkers: Talker[] = [];
  for (let i = 0; i < count; i++) {
    const peer = await server.connect();
    const { port } = peer.conn.localAddr as Deno.NetAddr;
    const talker: Talker = { port, echoed: 0, over: Promise.resolve(null) };
    talker.over = talk(peer, talker).then(() => null, (error) => error).finally(() => {
      peer[Symbol.dispose]();
    });
    talkers.push(talker);
  }
  return talkers;
}

/** How many messages are on their way at a time. */
const AHEAD = 5;

async function talk(peer: Peer, talker: Talker): Promise<void> {
  let said = 0;
  let mayTalk = true;
  for (;;) {
    while (mayTalk && said < talker.echoed + AHEAD) await peer.say(`${said++}`);
    const heard = await peer.hear();
    if (heard === null) break;
    if (heard.kind === Kind.notice) {
      mayTalk = false; // it is shutting down: what is owed still comes
      continue;
    }
    if (heard.text !== `${talker.echoed}`) throw new Error(`${heard.text} is not ${talker.echoed}`);
    talker.echoed++;
  }
  if (talker.echoed < said) throw new Error(`${said - talker.echoed} of ${said} were not echoed`);
}
