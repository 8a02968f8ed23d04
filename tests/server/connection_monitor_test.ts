import { ConnectionMonitor } from "../../lib/server/connection_monitor.ts";
import { assert, assertEquals } from "../support/assert.ts";

const onStop = () => {};

Deno.test("ConnectionMonitor: one timer checks all, as long as they are monitored", async () => {
  const monitor = new ConnectionMonitor(40);
  const checks = [0, 0];
  const twice = Promise.withResolvers<void>();
  const first = { checkTimeouts: () => void checks[0]!++, onStop };
  const second = {
    checkTimeouts(now: number) {
      assert(now > 0);
      if (++checks[1]! === 1) monitor.delete(first);
      else twice.resolve();
    },
    onStop,
  };
  monitor.add(first);
  monitor.add(second);
  await twice.promise;
  assertEquals([checks, monitor.size], [[1, 2], 1]);
  monitor.close();
});

Deno.test("ConnectionMonitor: the ticker runs only while something needs it", async () => {
  const monitor = new ConnectionMonitor(1000);
  const ticked = Promise.withResolvers<void>();
  const it = { onTick: () => ticked.resolve() };
  monitor.startTicking(it);
  await ticked.promise;
  monitor.stopTicking(it); // the sanitizer finds a timer that goes on
  monitor.close();
});

Deno.test("ConnectionMonitor: all hear of the stop once, also the one that comes later", async () => {
  const monitor = new ConnectionMonitor(1000);
  const told: number[] = [];
  const all = Promise.withResolvers<void>();
  const checkTimeouts = () => {};
  for (let i = 0; i < 500; i++) {
    monitor.add({ checkTimeouts, onStop: () => void (told.push(i) === 501 && all.resolve()) });
  }
  assertEquals(monitor.isStopping, false);
  monitor.stop();
  assert(monitor.isStopping);
  assertEquals(told.length, 32, "the others wait for their turn of the event loop");
  monitor.add({ checkTimeouts, onStop: () => void told.push(-1) });
  assertEquals(told.at(-1), -1);
  await all.promise;
  assertEquals(new Set(told).size, 501);
  monitor.close();
});
