/**
 * The fuzzer for as long as one likes, with seeds that are new each time:
 *
 *     deno task fuzz [--minutes N]        until the time is up or something is wrong
 *     deno task fuzz --seed N             the one case of the decoders again
 *     deno task fuzz --conversation N     the one conversation with real servers again
 *
 * Ends with 0 when all went well, with 1 when not.
 *
 * @module
 */
import { readNumbers } from "../support/arguments.ts";
import { converse, converseAll } from "./conversation.ts";
import { fuzzDecoder } from "./fuzz.ts";
import { ender, startTargets, type Targets } from "./targets.ts";

/** About as long for each, between two looks at the clock. */
const CASES = 5_000;
const CONVERSATIONS = 50;

/** After how many conversations the logs begin anew: they would fill the disk. */
const LOGGED = 1_000;

const { minutes, seed, conversation } = readNumbers("fuzz", Deno.args, {
  minutes: 1,
  seed: null as number | null,
  conversation: null as number | null,
});
if (seed !== null) await repeatCase(seed);
else {
  const servers = await startTargets();
  const end = ender(servers);
  try {
    if (conversation !== null) await repeatConversation(conversation, servers);
    else await run(minutes, servers);
    await end(0);
  } catch (error) {
    await end(1, (error as Error).message);
  }
}

async function repeatCase(seed: number): Promise<void> {
  try {
    console.log(`seed ${seed}: as it should be, ${await fuzzDecoder(seed)}`);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 1;
  }
}

async function repeatConversation(conversation: number, servers: Targets): Promise<void> {
  await converse(conversation, servers);
  await servers.finish();
  console.log(`conversation ${conversation}: as it should be`);
}

async function run(minutes: number, servers: Targets): Promise<void> {
  const first = crypto.getRandomValues(new Uint32Array(1))[0]!;
  console.log(`from seed ${first} on`);
  let cases = 0;
  let conversations = 0;
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 60_000;
  const tell = (state: string) => {
    const time = `${elapsed().toFixed(1)} minutes`;
    console.log(`${time}: ${cases} cases and ${conversations} conversations, ${state}`);
  };
  for (let told = 0; elapsed() < minutes;) {
    for (let i = 0; i < CASES; i++) await fuzzDecoder(first + cases++);
    await converseAll(first + conversations, CONVERSATIONS, servers);
    conversations += CONVERSATIONS;
    if (conversations % LOGGED === 0) await servers.rotateLogs();
    if (Math.floor(elapsed()) === told) continue;
    told = Math.floor(elapsed());
    if (elapsed() < minutes) tell("so far so good");
  }
  await servers.finish();
  tell("all as they should be");
}
