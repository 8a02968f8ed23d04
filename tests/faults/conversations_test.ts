import { converse, makeConversation } from "./conversation.ts";
import { startVictims } from "./victim.ts";

const CONVERSATIONS = 400;
/** How many clients there are at a time. */
const CROWD = 16;

/** Below and above what a server holds whole of a message (`SHOWN`). */
const LIMITS = { limit: 100_000, whole: 64 * 1024 };

Deno.test(`${CONVERSATIONS} mutated conversations leave real servers as they were`, async () => {
  await using servers = await startVictims(LIMITS);
  let seed = 0;
  const talk = async () => {
    while (seed < CONVERSATIONS) {
      const own = seed++;
      const tally = await converse(own, servers);
      const { over } = makeConversation(own, servers);
      if (tally !== null) servers[over === "lines" ? "plain" : "tls"].audit.expect(tally);
    }
  };
  await Promise.all(Array.from({ length: CROWD }, talk));
  await Promise.all([servers.tls.finish(), servers.plain.finish()]);
});
