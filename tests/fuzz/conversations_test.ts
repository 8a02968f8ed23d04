import { converseAll } from "./conversation.ts";
import { startTargets } from "./targets.ts";

const COUNT = 600;

Deno.test(`${COUNT} mutated conversations leave real servers as they were`, async () => {
  await using servers = await startTargets();
  await converseAll(0, COUNT, servers);
  await servers.finish();
});
