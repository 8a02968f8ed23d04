/** What counts for a pinned key, whatever else is trusted, and where known hosts are kept. */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { pinnedTo } from "../../lib/cli/trust.ts";
import { Failure } from "../../lib/failure.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { runClient, startServer } from "../support/echo.ts";
import { folder, selfSigned } from "../support/odd_certs.ts";
import { Peer } from "../support/service.ts";
import { hello, startUnknown } from "../support/unknown_server.ts";

Deno.test("a known key counts, whatever other authorities Deno trusts", async () => {
  await using dir = await folder();
  const good = await makeLeaf(await makeAuthority(new Date()), ["localhost", "::1"], new Date());
  const rogue = await makeAuthority(new Date());
  const root = await dir.put("rogue.pem", rogue.cert);
  const fingerprint = fingerprintOf(derOf(good.cert));
  let port: number;
  {
    await using server = await startUnknown(dir, { pair: good });
    port = server.port;
    assertEquals((await hello(dir, port, "--pin", server.key)).code, 0);
  }
  const pair = await makeLeaf(rogue, ["localhost", "::1"], new Date());
  const name = crypto.randomUUID();
  const cert = await dir.put(`${name}.pem`, pair.cert);
  const key = await dir.put(`${name}-key.pem`, pair.key);
  const args = ["::1", `${port}`, "--cert", cert, "--key", key];
  await using _ = await startServer({ args, ready: /using port: (\d+)/ });
  const words = ["::1", `${port}`, "hello", "--style", "banner"];
  for (
    const roots of [
      { DENO_CERT: root },
      { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: root },
    ]
  ) {
    await using unused = await folder(); // where no server is known, the roots count
    const stranger = await runClient(words, "", { env: { XDG_DATA_HOME: unused.path, ...roots } });
    assertEquals([stranger.code, stranger.out], [0, "hello"], stranger.err);
    const env = { XDG_DATA_HOME: dir.path, ...roots };
    for (const options of [[], ["--pin", fingerprint]]) {
      const { code, out, err } = await runClient([...words, ...options], "", { env });
      assertEquals([code, out], [4, ""], err);
      assertStringIncludes(err, fingerprintOf(derOf(pair.cert)));
    }
  }
});

Deno.test("without HOME no server is known, and nothing is read or written beside it", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  for (const env of [{ HOME: "", XDG_DATA_HOME: "" }, { HOME: "here", XDG_DATA_HOME: "there" }]) {
    const words = ["::1", `${server.port}`, "hello", "--style", "banner", "--pin", server.key];
    const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
    const how = { env: { ...env, DENO_DIR: cache }, cwd: dir.path };
    const { code, out, err } = await runClient(words, "", how);
    assertEquals([code, out], [0, "hello"], err);
    assertStringIncludes(
      err,
      "HOME is not set, and neither is XDG_DATA_HOME; the server stays unknown",
    );
  }
  const names = [...Deno.readDirSync(dir.path)].map(({ name }) => name);
  assertEquals(names.filter((name) => !name.endsWith(".pem")), []);
});

Deno.test("a key can be pinned for servers without ALPN too", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir, { options: ["--dialect", "raw"] });
  const { code, out, err } = await hello(dir, server.port, "--dialect", "raw", "--pin", server.key);
  assertEquals([code, out, err], [0, "hello", ""]);
});

Deno.test("where Deno does not show the key of a connection, nothing is pinned", async () => {
  await using dir = await folder();
  const pair = await selfSigned();
  await using server = await startUnknown(dir, { pair });
  const { signal } = new AbortController();
  const endpoint = { hostname: "::1", port: server.port };
  const how = { authorities: [], protocols: [PROTOCOL], timeout: 10_000, signal };
  const target = { ...endpoint, ...how };
  const dial = await pinnedTo(target, server.key);
  (await dial(target)).conn.close();
  using peer = await Peer.connect(server.port, pair.cert, [PROTOCOL]);
  const prototype = Object.getPrototypeOf(peer.conn);
  const method = Object.getOwnPropertySymbols(prototype)
    .find(({ description }) => description === "getPeerCertificate")!;
  const shown = prototype[method];
  delete prototype[method]; // as in another version
  try {
    const { kind, message, hint } = await assertRejects(() => dial(target), Failure);
    assertEquals([kind, hint], ["untrusted", "pass the authority of the server with --ca FILE"]);
    assertStringIncludes(message, "this version of Deno does not show the key of a connection");
  } finally {
    Object.defineProperty(prototype, method, { value: shown, configurable: true, writable: true });
  }
});
