import { handshakes, load, type LoadOptions } from "../../lib/bench/load.ts";
import { Failure } from "../../lib/failure.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { PlainConn } from "../../lib/net/conn.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

const SHORT = { connections: 4, duration: 100, warmup: 0 };
const OPTIONS: LoadOptions = {
  ...SHORT,
  size: 100,
  depth: 4,
  rate: null,
  dialect: "raw",
  timeout: 5_000,
};
const NEVER = new AbortController().signal;

/** A server that answers each read with what `reply` makes of it. */
async function withServer(
  reply: (came: Uint8Array, total: number) => Uint8Array | null,
  test: (dial: () => Promise<Conn>) => Promise<void>,
) {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const served: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) served.push(serve(conn));
  })().catch(() => {}); // closed
  async function serve(conn: Deno.TcpConn): Promise<void> {
    const view = new Uint8Array(10_000);
    try {
      for (let total = 0;;) {
        const count = await conn.read(view);
        if (count === null) break;
        total += count;
        const answer = reply(view.subarray(0, count), total);
        if (answer === null) break;
        for (let done = 0; done < answer.length;) done += await conn.write(answer.subarray(done));
      }
    } catch {
      // the load has left
    }
    conn.close();
  }
  const { port } = listener.addr;
  await test(async () => new PlainConn(await Deno.connect({ hostname: "::1", port })));
  listener.close();
  await accepting;
  await Promise.all(served);
}

Deno.test("load() counts what comes back, and times each", async () => {
  await withServer((came) => came, async (dial) => {
    const ticks: number[] = [];
    const measured = await load(dial, OPTIONS, (_, count) => ticks.push(count), NEVER);
    assert(measured.count > 0);
    assertEquals(measured.latencies.count, measured.count);
    assertEquals(measured.ticks.reduce((sum, count) => sum + count), measured.count);
    assertEquals(ticks, [0, ...measured.ticks]);
  });
});

Deno.test("load() with a rate sends no more than that", async () => {
  await withServer((came) => came, async (dial) => {
    const { count, seconds } = await load(dial, { ...OPTIONS, rate: 200 }, () => {}, NEVER);
    assert(count <= Math.ceil(seconds * 200) + OPTIONS.connections, `${count} in ${seconds} s`);
    assert(count > 0);
  });
});

Deno.test("load() with a rate counts from when a message was due, also behind a stall", async () => {
  const stall = 300;
  let stalled: Promise<void> | null = null;
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const serving = (async () => {
    using conn = await listener.accept();
    const view = new Uint8Array(10_000);
    for (;;) {
      const count = await conn.read(view);
      if (count === null) break;
      await (stalled ??= new Promise((resolve) => setTimeout(resolve, stall)));
      await conn.write(view.subarray(0, count));
    }
  })();
  const dial = async () =>
    new PlainConn(await Deno.connect({ hostname: "::1", port: listener.addr.port }));
  const options = { ...OPTIONS, connections: 1, depth: 1, rate: 100, duration: 600 };
  const { latencies } = await load(dial, options, () => {}, NEVER);
  await serving.catch(() => {});
  // A closed loop would have one slow message; here those that were due meanwhile are slow too.
  assert(latencies.at(70) > stall * 1000 / 10, `p70 is ${latencies.at(70)} us`);
});

Deno.test("load() finds one wrong byte, and says where", async () => {
  const lie = (came: Uint8Array, total: number) => {
    if (total >= 5000) came[0]! ^= 0x20;
    return came;
  };
  await withServer(lie, async (dial) => {
    const error = await assertRejects(() => load(dial, OPTIONS, () => {}, NEVER), Failure);
    assertEquals(error.kind, "mismatch");
    assert(/connection \d: byte \d+ came back as 0x[45]\w instead of 0x[67]\w/.test(error.message));
  });
});

Deno.test("load() does not take more than it sent", async () => {
  const twice = (came: Uint8Array) => new Uint8Array([...came, ...came]);
  await withServer(twice, async (dial) => {
    const options = { ...OPTIONS, depth: 1, size: 2_000_000 / 100, connections: 1 };
    const error = await assertRejects(() => load(dial, options, () => {}, NEVER), Failure);
    assertEquals(error.kind, "mismatch");
  });
});

Deno.test("load() says which connection was lost, and how much it was owed", async () => {
  await withServer((came, total) => total > 3000 ? null : came, async (dial) => {
    const error = await assertRejects(() => load(dial, OPTIONS, () => {}, NEVER), Failure);
    assertEquals(error.kind, "lost");
    assertStringIncludes(error.message, "of its messages not echoed");
  });
});

Deno.test("load() makes all connections or none", async () => {
  await withServer((came) => came, async (dial) => {
    let left = 2;
    const refused = new Failure("unreachable", { what: "cannot connect", why: "refused" });
    const some = () => left-- > 0 ? dial() : Promise.reject(refused);
    assertEquals(await assertRejects(() => load(some, OPTIONS, () => {}, NEVER), Failure), refused);
  });
});

Deno.test("load() ends early when told to, with what was measured", async () => {
  await withServer((came) => came, async (dial) => {
    const stop = new AbortController();
    const watch = (_: number, count: number) => count > 0 && stop.abort();
    const measured = await load(dial, { ...OPTIONS, duration: 1e9 }, watch, stop.signal);
    assert(measured.count > 0 && measured.seconds < 1e6);
  });
});

Deno.test("handshakes() connects and closes, over and over", async () => {
  let open = 0, most = 0;
  await withServer((came) => came, async (dial) => {
    const counting = async (): Promise<Conn> => {
      const conn = await dial();
      most = Math.max(most, ++open);
      const close = conn.close.bind(conn);
      conn.close = () => (open--, close());
      return conn;
    };
    const { count, latencies } = await handshakes(counting, SHORT, () => {}, NEVER);
    assertEquals(latencies.count, count);
    assert(count > SHORT.connections && most <= SHORT.connections);
    assertEquals(open, 0);
  });
});

for (const [what, answered] of [["answers nothing", 0], ["stops after ten", 10]] as const) {
  Deno.test(`load() ends in time with a server that ${what}, and counts what it owes`, async () => {
    let replies = 0;
    const reply = (came: Uint8Array) => replies++ < answered ? came : new Uint8Array();
    await withServer(reply, async (dial) => {
      const options = { ...OPTIONS, connections: 1, depth: 1, timeout: 50 };
      const { count, unanswered, latencies } = await load(dial, options, () => {}, NEVER);
      assertEquals([count, unanswered, latencies.count], [answered, 1, answered]);
    });
  });
}

Deno.test("load(): an interrupt while the last echoes are waited for ends it at once", async () => {
  await withServer(() => new Uint8Array(), async (dial) => {
    const interrupt = new AbortController();
    const watch = (done: number) => void (done === 1 && setTimeout(() => interrupt.abort(), 20));
    const options = { ...OPTIONS, connections: 1, depth: 1, timeout: 3_600_000 };
    assertEquals((await load(dial, options, watch, interrupt.signal)).unanswered, 1);
  });
});

Deno.test("load() with a rate counts the age of what is due and has no echo", async () => {
  let replies = 0;
  await withServer((came) => replies++ < 3 ? came : new Uint8Array(), async (dial) => {
    const options = { ...OPTIONS, connections: 1, depth: 1, duration: 500, rate: 100, timeout: 10 };
    const { count, latencies } = await load(dial, options, () => {}, NEVER);
    assertEquals(count, 3);
    assert(latencies.count > 40, `${latencies.count} of about 50 that were due`);
    const longest = latencies.at(100) / 1000;
    assert(longest > 400 && longest < 1000, `the stall took ${longest} ms`);
  });
});
