/** The page in a real Chromium: its own echo, the others, and the pages that may not connect. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { Browser, hasChromium, type Page } from "../support/browser.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { startServer } from "../support/echo.ts";
import { identityFiles } from "../support/identity.ts";
import { der } from "../support/odd_certs.ts";
import { utf8 } from "../support/sources.ts";
import { testIdentity } from "../support/pairs.ts";

function browserTest(name: string, fn: () => Promise<void>): void {
  const ignore = !hasChromium;
  Deno.test({ name: ignore ? `${name} (skipped: chromium is missing)` : name, ignore, fn });
}

/** The flag that makes a browser trust the key of the test's certificate, and no other. */
async function trusting(): Promise<string> {
  const { cert } = await testIdentity();
  const key = fingerprintOf(der(cert)).replace("SHA256:", "");
  return `--ignore-certificate-errors-spki-list=${key}=`;
}

const connected = (page: Page) =>
  page.until(`document.title === "echo" && state.textContent === "connected"`);
const shows = (page: Page, text: string) =>
  page.until(`log.innerText.includes(${JSON.stringify(text)})`);

browserTest("browser: a person sends messages on the page and sees echoes and others", async () => {
  await using identity = await identityFiles();
  const args = ["::", "0", "-b", ...identity.options];
  await using server = await startServer({ args, ready: /^server is using port: (\d+)$/ });
  await using browser = await Browser.start(await trusting());
  const page = await browser.open(`https://localhost:${server.port}/`);
  await connected(page);
  await page.type("Grüße, 世界 👋");
  await shows(page, "Grüße, 世界 👋");
  await page.until(`at("echoed").textContent === "1"`);
  assertMatch(String(await page.evaluate(`at("last").textContent`)), /^[\d.]+ ms$/);
  await using other = server.client("--ca", identity.ca);
  await other.type("hello from a terminal\n");
  await shows(page, "hello from a terminal");
  const bare = await Deno.connect({ hostname: "localhost", port: server.port });
  using raw = await Deno.startTls(bare, {
    hostname: "localhost",
    caCerts: [await Deno.readTextFile(identity.ca)],
  });
  await raw.write(utf8("hello from a bare client\n"));
  await shows(page, "hello from a bare client");
  await page.type("x".repeat(300_000)); // Chromium sends it in fragments
  await page.until(`at("echoed").textContent === "2"`);
  await page.evaluate(`at("hex").checked = true; input.focus()`);
  await page.type("00 ff");
  await page.until(`at("echoed").textContent === "3"`);
  await shows(page, "00 ff");
  server.program.signal("SIGTERM");
  await shows(page, "closed with code 1001: shutdown");
  await page.until(`state.textContent.startsWith("connecting")`);
  assertEquals(await page.evaluate(`at("hint").hidden`), false);
});

browserTest("browser: foreign pages, foreign names and unknown keys are refused", async () => {
  await using identity = await identityFiles();
  const ready = /"event":"server-start".*"port":(\d+)/;
  await using server = await startServer({
    args: ["::", "0", "--json", ...identity.options],
    ready,
  });
  await using plain = await startServer({ args: ["::", "0", "--json", "--plain"], ready });
  await using browser = await Browser.start(
    await trusting(),
    "--host-resolver-rules=MAP evil.test 127.0.0.1",
  );
  const url = `wss://localhost:${server.port}/`;
  const outcome = `new Promise((resolve) => {
    const socket = new WebSocket(${JSON.stringify(url)});
    socket.onopen = () => resolve("open");
    socket.onclose = () => resolve("refused");
  })`;
  const quiet = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using attacker = Deno.serve(
    quiet,
    () => new Response("<title>evil</title>", { headers: { "Content-Type": "text/html" } }),
  );
  const foreign = await browser.open(`http://127.0.0.1:${attacker.addr.port}/`);
  await foreign.until(`document.title === "evil"`);
  assertEquals(await foreign.evaluate(outcome), "refused");
  const { status } = JSON.parse((await server.program.out.find(/"event":"http-request"/)).input);
  assertEquals(status, 403);

  const rebound = await browser.open(`http://evil.test:${plain.port}/`);
  await rebound.until(`document.body?.innerText.includes("has no such name") === true`);

  await using careful = await Browser.start();
  const untrusted = await careful.open(`https://localhost:${server.port}/`);
  await untrusted.until(`document.body?.innerText.includes("ERR_CERT_AUTHORITY_INVALID") === true`);
});

browserTest(
  "browser: examples/page.html connects from elsewhere where --origin admits it",
  async () => {
    const content = await Deno.readTextFile(`${import.meta.dirname}/../../examples/page.html`);
    const quiet = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using elsewhere = Deno.serve(
      quiet,
      () => new Response(content, { headers: { "Content-Type": "text/html" } }),
    );
    const origin = `http://127.0.0.1:${elsewhere.addr.port}`;
    await using identity = await identityFiles();
    const args = ["::", "0", "--origin", "https://other.example", "--origin", origin];
    const ready = /^server is using port: (\d+)$/;
    await using server = await startServer({ args: [...args, ...identity.options], ready });
    await using browser = await Browser.start(await trusting());
    const page = await browser.open(`${origin}/`);
    await page.until(`document.title.startsWith("An echo client")`);
    await page.evaluate(`url.value = "wss://localhost:${server.port}/"; connect.onclick()`);
    await page.until(`document.getElementById("log").innerText.includes("connected")`);
    await page.evaluate(`message.focus()`);
    await page.type("Grüße");
    await page.until(`document.getElementById("log").innerText.includes("< Grüße")`);
  },
);
