import { fetchText } from "../../lib/net/fetch_text.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

const { signal } = new AbortController();

/** Answers one request with these pieces. */
function serve(pieces: () => Generator<Uint8Array>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const conn = await listener.accept();
    await conn.read(new Uint8Array(4096));
    try {
      for (const piece of pieces()) {
        for (let at = 0; at < piece.length;) at += await conn.write(piece.subarray(at));
      }
    } catch {
      // it has left
    }
    conn.close();
    listener.close();
  })();
  return { url: `http://127.0.0.1:${listener.addr.port}/`, serving };
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const CHUNKED = utf8("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");

Deno.test("fetchText: millions of tiny pieces take no more memory than what is in them", async () => {
  const many = utf8("1\r\n \r\n".repeat(20_000));
  const { url, serving } = serve(function* () {
    yield CHUNKED;
    for (;;) yield many;
  });
  const before = Deno.memoryUsage().external + Deno.memoryUsage().heapUsed;
  const error = await assertRejects(() => fetchText(url, 3_000, signal), Error);
  assert(/the answer is too long|no answer within/.test(error.message), error.message);
  const after = Deno.memoryUsage().external + Deno.memoryUsage().heapUsed;
  assert(after - before < 500 * 1024 * 1024, `${after - before}`);
  await serving;
});

Deno.test("fetchText: a text of several reads is whole", async () => {
  const text = "0123456789".repeat(50_000);
  const { url, serving } = serve(function* () {
    yield utf8(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`);
    yield utf8(text);
  });
  assertEquals(await fetchText(url, 5_000, signal), text);
  await serving;
});
