/** What the store keeps, whatever happens to its files, its clock and its directory. */
import { createIdentity, loadOrCreateIdentity } from "../../lib/certs/store.ts";
import { Failure } from "../../lib/failure.ts";
import { assertEquals, assertNotEquals, assertRejects } from "../support/assert.ts";
import { daysFromNow, folder } from "../support/odd_certs.ts";

const NAMES = ["localhost", "127.0.0.1", "::1"];
const KEYS = ["ca-key.pem", "server-key.pem"];

for (const [when, days] of [["ahead", 100], ["in the past", -4000]] as const) {
  Deno.test(`loadOrCreateIdentity keeps the key of a first start with a clock that is ${when}`, async () => {
    await using dir = await folder();
    const first = await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(days));
    const problems: string[] = [];
    const now = await loadOrCreateIdentity(dir.path, NAMES, new Date(), (it) => problems.push(it));
    assertNotEquals(now.cert, first.cert);
    assertEquals([now.key, problems], [first.key, []]);
  });
}

Deno.test("loadOrCreateIdentity keeps the key as long as one copy of it can be read", async () => {
  for (const lost of [["ca.pem"], ["ca.pem", "ca-key.pem"], ["ca.pem", "server-key.pem"]]) {
    await using dir = await folder();
    const { key } = await loadOrCreateIdentity(dir.path, NAMES);
    for (const name of lost) await dir.put(name, "garbage");
    assertEquals((await loadOrCreateIdentity(dir.path, NAMES)).key, key, lost.join());
  }
});

Deno.test("loadOrCreateIdentity tells that a key is new which clients may know otherwise", async () => {
  await using dir = await folder();
  const problems: string[] = [];
  const load = () => loadOrCreateIdentity(dir.path, NAMES, new Date(), (it) => problems.push(it));
  const { key } = await load();
  assertEquals(problems, []); // no client knows the first one
  for (const name of KEYS) await dir.put(name, "garbage");
  assertNotEquals((await load()).key, key);
  assertEquals(problems, [
    `the key in "${dir.path}" could not be read, so there is a new one: ` +
    "clients that know the old one have to trust it anew",
  ]);
});

Deno.test("loadOrCreateIdentity uses a valid pair for other names where it cannot write", async () => {
  await using dir = await folder();
  const first = await loadOrCreateIdentity(dir.path, NAMES);
  await Deno.remove(`${dir.path}/.lock`);
  await Deno.mkdir(`${dir.path}/.lock`); // as good as a directory that is read-only
  const problems: string[] = [];
  const load = (now: Date) =>
    loadOrCreateIdentity(dir.path, ["other"], now, (it) => problems.push(it));
  assertEquals(await load(new Date()), first);
  assertEquals(problems, [
    `cannot keep certificates in "${dir.path}": is a directory; the old certificate stays in use`,
  ]);
  await assertRejects(() => load(daysFromNow(400)), Failure); // it has expired
});

Deno.test("a directory in which another process works for long is a failure that names it", async () => {
  await using dir = await folder();
  using lock = await Deno.open(`${dir.path}/.lock`, { create: true, write: true });
  await lock.lock(true);
  const failure = await assertRejects(() => loadOrCreateIdentity(dir.path, NAMES), Failure);
  const why = `another process has held "${dir.path}/.lock" for 5 s`;
  assertEquals(failure.message, `cannot use "${dir.path}": ${why}`);
  await lock.unlock();
  await loadOrCreateIdentity(dir.path, NAMES); // after the one that waited, which has the lock now
});

Deno.test({
  name: "links in the directory stay links, and what they name is written",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    await Deno.mkdir(`${dir.path}/vault`);
    await Deno.symlink("vault/key.pem", `${dir.path}/ca-key.pem`); // there is no such file yet
    const { key } = await loadOrCreateIdentity(dir.path, NAMES);
    assertEquals(await Deno.readTextFile(`${dir.path}/vault/key.pem`), key);
    await createIdentity(dir.path, NAMES);
    assertNotEquals(await Deno.readTextFile(`${dir.path}/vault/key.pem`), key);
    assertEquals(await Deno.readLink(`${dir.path}/ca-key.pem`), "vault/key.pem");
  },
});
