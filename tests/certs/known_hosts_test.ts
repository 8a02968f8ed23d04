import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { findHost, forgetHost, keepHost } from "../../lib/certs/known_hosts.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { Failure } from "../../lib/failure.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { folder, shakeHands } from "../support/odd_certs.ts";

async function leaf() {
  const identity = await makeLeaf(await makeAuthority(new Date()), ["localhost"], new Date());
  return { ...identity, der: derOf(identity.cert) };
}

Deno.test("a server that was kept is found by its address and verified with its anchor", async () => {
  await using dir = await folder();
  const file = `${dir.path}/share/echo/known_hosts`;
  const one = await leaf();
  assertEquals(await findHost(file, "[::1]:12345"), null);
  await keepHost(file, "[::1]:12345", one.der);
  const known = await findHost(file, "[::1]:12345");
  assertEquals(known?.fingerprint, fingerprintOf(one.der));
  await shakeHands(one, "localhost", [known!.anchor]);
  for (const other of ["[::1]:12346", "[::2]:12345", "[::1]", "::1"]) {
    assertEquals(await findHost(file, other), null, other);
  }
});

Deno.test("the names of servers are the same in capitals", async () => {
  await using dir = await folder();
  const file = `${dir.path}/known_hosts`;
  await keepHost(file, "Echo.Example:1", (await leaf()).der);
  assert(await findHost(file, "echo.EXAMPLE:1") !== null);
  assert(await forgetHost(file, "ECHO.example:1"));
  assertEquals(await findHost(file, "Echo.Example:1"), null);
});

Deno.test("a key takes the place of the one before; others stay as they are", async () => {
  await using dir = await folder();
  const file = `${dir.path}/known_hosts`;
  const [one, two] = [await leaf(), await leaf()];
  await dir.put("known_hosts", "# a note of mine\n");
  await keepHost(file, "a:1", one.der);
  await keepHost(file, "b:1", one.der);
  await keepHost(file, "a:1", two.der);
  assertEquals((await findHost(file, "a:1"))?.fingerprint, fingerprintOf(two.der));
  assertEquals((await findHost(file, "b:1"))?.fingerprint, fingerprintOf(one.der));
  const lines = (await Deno.readTextFile(file)).split("\n").map((line) => line.split(" ", 1)[0]);
  assertEquals(lines, ["#", "b:1", "a:1", ""]);
  assertEquals(await forgetHost(file, "a:1"), true);
  assertEquals(await forgetHost(file, "a:1"), false);
  assertEquals(await findHost(file, "a:1"), null);
});

Deno.test({
  name: "known_hosts is its owner's alone, also where it was wider",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    const file = await dir.put("known_hosts", "");
    await Deno.chmod(file, 0o644);
    await keepHost(file, "a:1", (await leaf()).der);
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    const names = [...Deno.readDirSync(dir.path)].map(({ name }) => name).sort();
    assertEquals(names, [".lock", "known_hosts"], "nothing half-made is left");
  },
});

Deno.test("many that keep a server at once lose none", async () => {
  await using dir = await folder();
  const file = `${dir.path}/known_hosts`;
  const { der } = await leaf();
  const addresses = Array.from({ length: 16 }, (_, i) => `server:${i}`);
  await Promise.all(addresses.map((address) => keepHost(file, address, der)));
  for (const address of addresses) assert(await findHost(file, address) !== null, address);
});

Deno.test("a damaged line is a failure for its server, and never a server that is not known", async () => {
  await using dir = await folder();
  const file = `${dir.path}/known_hosts`;
  const [one, two] = [await leaf(), await leaf()];
  await keepHost(file, "a:1", one.der);
  await keepHost(file, "b:1", two.der);
  const [a, b] = (await Deno.readTextFile(file)).split("\n").map((line) => line.split(" "));
  for (
    const line of [
      "a:1",
      `a:1 ${a![1]}`,
      `a:1 ${a![1]} AAAA`,
      `a:1 ${a![1]} ${a![2]!.slice(0, 100)}`,
      `a:1 ${a![1]} ${b![2]}`,
      `a:1 ${b![1]} ${a![2]}`,
    ]
  ) {
    await dir.put("known_hosts", `${b!.join(" ")}\n${line}\n`);
    const failure = await assertRejects(() => findHost(file, "a:1"), Failure);
    assertEquals([failure.kind, failure.message], [
      "failed",
      `cannot use "${file}": line 2 is damaged`,
    ]);
    assert(await findHost(file, "b:1") !== null);
  }
});

Deno.test("a file that cannot be read or written is a failure that names it", async () => {
  await using dir = await folder();
  const failure = await assertRejects(() => findHost(dir.path, "a:1"), Failure);
  assertEquals(failure.message, `cannot read "${dir.path}": is a directory`);
  const file = `${await dir.put("file", "")}/known_hosts`;
  assertEquals(await findHost(file, "a:1"), null);
  const { der } = await leaf();
  const unwritten = await assertRejects(() => keepHost(file, "a:1", der), Failure);
  assert(unwritten.message.startsWith(`cannot write "${file}": `), unwritten.message);
});

Deno.test({
  name: "known_hosts that is a link stays one, for keeping and forgetting",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    const real = await dir.put("dotfiles", "");
    const file = `${dir.path}/known_hosts`;
    await Deno.symlink(real, file);
    await keepHost(file, "a:1", (await leaf()).der);
    assert((await Deno.readTextFile(real)).startsWith("a:1 SHA256:"));
    assert(await forgetHost(file, "a:1"));
    assertEquals([await Deno.readTextFile(real), await Deno.readLink(file)], ["", real]);
  },
});

Deno.test({
  name: "known_hosts that is a pipe is a failure, and not an endless wait",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    const file = `${dir.path}/known_hosts`;
    await new Deno.Command("mkfifo", { args: [file] }).output();
    const failure = await assertRejects(() => findHost(file, "a:1"), Failure);
    assertEquals(failure.message, `cannot read "${file}": it is not a file`);
  },
});

Deno.test("a damaged line is called by its number in an editor", async () => {
  await using dir = await folder();
  const file = await dir.put("known_hosts", "# mine\n\n\na:1 SHA256:x y\n");
  const failure = await assertRejects(() => findHost(file, "a:1"), Failure);
  assertEquals(failure.message, `cannot use "${file}": line 4 is damaged`);
});
