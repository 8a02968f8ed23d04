import "reflect-metadata"; // before x509, which injects with it
import * as x509 from "@peculiar/x509";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Identity, isKeyOf } from "../../lib/certs/pem.ts";
import { createIdentity, loadOrCreateIdentity, localAuthority } from "../../lib/certs/store.ts";
import { Failure } from "../../lib/failure.ts";
import { assert, assertEquals, assertNotEquals, assertRejects } from "../support/assert.ts";
import {
  badlySigned,
  damaged,
  daysFromNow,
  type Folder,
  folder,
  selfSigned,
  shakeHands,
} from "../support/odd_certs.ts";

const NAMES = ["localhost", "127.0.0.1", "::1"];
const FILES = [".lock", "ca-key.pem", "ca.pem", "server-key.pem", "server.pem"];
const KEYS = ["ca-key.pem", "server-key.pem"];
const ROOT = new URL("../..", import.meta.url);

/** What lies in the folder, by name. */
async function contents({ path }: Folder): Promise<Record<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).toSorted();
  const texts = names.map(async (name) => [name, await Deno.readTextFile(`${path}/${name}`)]);
  return Object.fromEntries(await Promise.all(texts));
}

/** The files that have changed. */
function changes(before: Record<string, string>, after: Record<string, string>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).toSorted();
}

/** Fails unless the folder has one pair for all of `names` and its authority, and nothing else. */
async function assertWhole(dir: Folder, { cert, key }: Identity): Promise<void> {
  const files = await contents(dir);
  assertEquals(Object.keys(files), FILES);
  assertEquals([cert, key], [files["server.pem"]!, files["server-key.pem"]!]);
  for (const [certificate, key] of [["server.pem", "server-key.pem"], ["ca.pem", "ca-key.pem"]]) {
    const isPair = isKeyOf(files[certificate!]!, createPrivateKey(files[key!]!));
    assert(isPair, `${key} is of ${certificate}`);
  }
  const [leaf, authority] = [
    new x509.X509Certificate(cert),
    new x509.X509Certificate(files["ca.pem"]!),
  ];
  assert(await leaf.verify({ publicKey: authority }), "the authority has signed it");
}

Deno.test("loadOrCreateIdentity makes an authority and a pair on the first call", async () => {
  await using dir = await folder();
  await assertWhole(dir, await loadOrCreateIdentity(dir.path, NAMES));
});

Deno.test("loadOrCreateIdentity makes the directory, and those above it", async () => {
  await using dir = await folder();
  const directory = `${dir.path}/share/echo`;
  const { cert } = await loadOrCreateIdentity(directory, NAMES);
  assertEquals(await Deno.readTextFile(`${directory}/server.pem`), cert);
});

Deno.test("loadOrCreateIdentity keeps what is good, also with the names in another order", async () => {
  await using dir = await folder();
  const first = await loadOrCreateIdentity(dir.path, NAMES);
  const before = await contents(dir);
  assertEquals(await loadOrCreateIdentity(dir.path, NAMES.toReversed()), first);
  assertEquals(await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(334)), first);
  assertEquals(await contents(dir), before);
});

for (const hostname of NAMES) {
  Deno.test(`TLS to ${hostname} takes the own identity, with the own authority only`, async () => {
    await using dir = await folder();
    const identity = await loadOrCreateIdentity(dir.path, NAMES);
    const authority = await localAuthority(dir.path);
    assert(authority !== null);
    await shakeHands(identity, hostname, [authority]);
    const { InvalidData } = Deno.errors;
    await assertRejects(() => shakeHands(identity, hostname, []), InvalidData, "UnknownIssuer");
  });
}

Deno.test({
  name: "loadOrCreateIdentity makes keys that only their owner reads, and repairs wider ones",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    const mode = async (name: string) => (await Deno.stat(`${dir.path}/${name}`)).mode! & 0o777;
    const first = await loadOrCreateIdentity(dir.path, NAMES);
    for (const key of KEYS) assertEquals(await mode(key), 0o600, key);
    assertEquals(await mode("ca.pem") & 0o444, 0o444 & ~Deno.umask(), "others may copy it");
    for (const wider of [0o644, 0o640, 0o604, 0o666]) {
      for (const key of KEYS) await Deno.chmod(`${dir.path}/${key}`, wider);
      assertEquals(await loadOrCreateIdentity(dir.path, NAMES), first);
      for (const key of KEYS) assertEquals(await mode(key), 0o600, key);
    }
    for (const key of KEYS) await Deno.chmod(`${dir.path}/${key}`, 0o400);
    assertEquals(await loadOrCreateIdentity(dir.path, NAMES), first);
    for (const key of KEYS) assertEquals(await mode(key), 0o400, "a narrower one is left alone");
  },
});

Deno.test({
  name: "loadOrCreateIdentity makes a directory that only its owner writes, whatever the umask",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    const umask = Deno.umask(0);
    try {
      await loadOrCreateIdentity(`${dir.path}/certs`, NAMES);
    } finally {
      Deno.umask(umask);
    }
    assertEquals((await Deno.stat(`${dir.path}/certs`)).mode! & 0o777, 0o755);
  },
});

for (const [when, days] of [["29 days before", 336], ["after", 366]] as const) {
  Deno.test(`loadOrCreateIdentity renews the pair ${when} its end, by the same authority`, async () => {
    await using dir = await folder();
    const first = await loadOrCreateIdentity(dir.path, NAMES);
    const before = await contents(dir);
    const later = await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(days));
    assertNotEquals(later.cert, first.cert);
    // Who has pinned the key goes on.
    assertEquals(changes(before, await contents(dir)), ["server.pem"]);
    assertEquals(await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(days)), later);
    const end = Date.parse(new X509Certificate(later.cert).validTo);
    assert(end > daysFromNow(days + 364).getTime());
  });
}

for (const [when, days] of [["29 days before", 3621], ["after", 3651]] as const) {
  Deno.test(`loadOrCreateIdentity renews the authority ${when} its end, and the pair with it`, async () => {
    await using dir = await folder();
    await loadOrCreateIdentity(dir.path, NAMES);
    // A pair that is good for long: only its authority is at its end.
    await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(3500));
    const before = await contents(dir);
    await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(days));
    // The key stays, and so does the name: copies of ca.pem are of use as long as they are valid.
    assertEquals(changes(before, await contents(dir)), ["ca.pem", "server.pem"]);
    const [old, now] = [before["ca.pem"]!, (await contents(dir))["ca.pem"]!];
    assertEquals(new X509Certificate(now).subject, new X509Certificate(old).subject);
  });
}

Deno.test("loadOrCreateIdentity makes a pair anew that is not valid yet", async () => {
  await using dir = await folder();
  await loadOrCreateIdentity(dir.path, NAMES, daysFromNow(100));
  await assertWhole(dir, await loadOrCreateIdentity(dir.path, NAMES));
});

Deno.test("loadOrCreateIdentity makes a new certificate for other names, by the same authority", async () => {
  await using dir = await folder();
  await loadOrCreateIdentity(dir.path, NAMES);
  const authority = await localAuthority(dir.path);
  for (const names of [[...NAMES, "echo.example"], ["localhost", "::1"], ["other", ...NAMES]]) {
    const before = await contents(dir);
    const identity = await loadOrCreateIdentity(dir.path, names);
    assertEquals(changes(before, await contents(dir)), ["server.pem"]);
    await assertWhole(dir, identity);
  }
  assertEquals(await localAuthority(dir.path), authority);
});

/** Ways to spoil a file. */
const SPOILS: [string, (path: string) => Promise<void>][] = [
  ["missing", (path) => Deno.remove(path)],
  ["empty", (path) => Deno.writeTextFile(path, "")],
  ["cut short", async (path) => {
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 60);
  }],
  ["damaged", async (path) => Deno.writeTextFile(path, damaged(await Deno.readTextFile(path)))],
  ["no text", (path) => Deno.writeFile(path, new Uint8Array([0xff, 0x00, 0xfe]))],
];

for (const file of FILES.slice(1)) {
  Deno.test(`loadOrCreateIdentity heals a ${file} that is missing or damaged`, async () => {
    for (const [how, spoil] of SPOILS) {
      await using dir = await folder();
      await loadOrCreateIdentity(dir.path, NAMES);
      const authority = await localAuthority(dir.path);
      await spoil(`${dir.path}/${file}`);
      await assertWhole(dir, await loadOrCreateIdentity(dir.path, NAMES));
      // Clients trust the authority: it stays unless it is itself what is spoilt.
      const stays = await localAuthority(dir.path) === authority;
      assertEquals(stays, file.startsWith("server"), `${file} ${how}`);
    }
  });
}

Deno.test("loadOrCreateIdentity heals a certificate whose signature is damaged", async () => {
  await using dir = await folder();
  const { cert } = await loadOrCreateIdentity(dir.path, NAMES);
  const authority = await localAuthority(dir.path);
  await dir.put("server.pem", badlySigned(cert)); // a certificate still, and of its key
  await assertWhole(dir, await loadOrCreateIdentity(dir.path, NAMES));
  assertEquals(await localAuthority(dir.path), authority);
});

Deno.test("loadOrCreateIdentity heals files that are good and do not belong together", async () => {
  await using other = await folder();
  await loadOrCreateIdentity(other.path, NAMES);
  const theirs = await contents(other);
  const mixes = [["server.pem"], ["server-key.pem"], ["ca.pem"], ["ca-key.pem"]];
  for (const mix of [...mixes, ["ca.pem", "ca-key.pem"], ["server.pem", "server-key.pem"]]) {
    await using dir = await folder();
    await loadOrCreateIdentity(dir.path, NAMES);
    for (const name of mix) await dir.put(name, theirs[name]!);
    await assertWhole(dir, await loadOrCreateIdentity(dir.path, NAMES));
  }
});

Deno.test("createIdentity makes everything anew, with another key", async () => {
  await using dir = await folder();
  await assertWhole(dir, await createIdentity(dir.path, NAMES));
  const before = await contents(dir);
  const identity = await createIdentity(dir.path, NAMES);
  await assertWhole(dir, identity);
  assertEquals(changes(before, await contents(dir)), FILES.slice(1));
  assertEquals(await loadOrCreateIdentity(dir.path, NAMES), identity);
});

Deno.test("loadOrCreateIdentity gives a leaf that has a key of its own the authority's", async () => {
  await using dir = await folder();
  await loadOrCreateIdentity(dir.path, NAMES);
  const authority = await localAuthority(dir.path);
  const { cert, key } = await selfSigned();
  await dir.put("server.pem", cert);
  await dir.put("server-key.pem", key);
  const identity = await loadOrCreateIdentity(dir.path, NAMES);
  assertEquals(identity.key, await Deno.readTextFile(`${dir.path}/ca-key.pem`));
  assertEquals(await localAuthority(dir.path), authority);
});

Deno.test("eight calls at once end with one pair and one authority", async () => {
  await using dir = await folder();
  const calls = Array.from({ length: 8 }, () => loadOrCreateIdentity(dir.path, NAMES));
  const [first, ...others] = await Promise.all(calls);
  for (const other of others) assertEquals(other, first!);
  await assertWhole(dir, first!);
});

Deno.test("processes that start at once end with one pair and one authority", async () => {
  await using dir = await folder();
  // Each says that it has started, and waits for a line: so they begin together.
  const script = `
    import { loadOrCreateIdentity } from "${ROOT}lib/certs/store.ts";
    import "${ROOT}lib/certs/authority.ts";
    console.log("started");
    await Deno.stdin.read(new Uint8Array(1));
    console.log(JSON.stringify(await loadOrCreateIdentity(${JSON.stringify(dir.path)}, ${
    JSON.stringify(NAMES)
  })));`;
  const processes = Array.from({ length: 4 }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      cwd: ROOT, // for its deno.json
      stdin: "piped",
      stdout: "piped",
    }).spawn());
  const outputs = processes.map(({ stdout }) => stdout.pipeThrough(new TextDecoderStream()));
  const lines = outputs.map((output) => output.values({ preventCancel: true }));
  await Promise.all(lines.map((line) => line.next()));
  await Promise.all(processes.map(async ({ stdin }) => {
    const writer = stdin.getWriter();
    await writer.write(new Uint8Array(1));
    await writer.close();
  }));
  const texts = await Promise.all(
    lines.map(async (line) => (await Array.fromAsync(line)).join("")),
  );
  for (const { status } of processes) assertEquals((await status).code, 0);
  const [first, ...others] = texts.map((text) => JSON.parse(text) as Identity);
  for (const other of others) assertEquals(other, first!);
  await assertWhole(dir, first!);
});

Deno.test("a directory that cannot be made is a failure that names it", async () => {
  await using dir = await folder();
  const directory = `${await dir.put("file", "")}/certs`;
  const failure = await assertRejects(() => loadOrCreateIdentity(directory, NAMES), Failure);
  assertEquals(failure.kind, "failed");
  assertEquals(failure.message, `cannot keep certificates in "${directory}": not a directory`);
  assertEquals(failure.hint, "make it writable, or use your own with --cert and --key");
});

Deno.test("a file that cannot be replaced is a failure, and leaves nothing half-made", async () => {
  await using dir = await folder();
  for (const name of ["ca-key.pem", "server.pem"]) {
    const inTheWay = `${dir.path}/${name}`;
    await Deno.mkdir(inTheWay);
    const failure = await assertRejects(() => loadOrCreateIdentity(dir.path, NAMES), Failure);
    assertEquals(failure.message, `cannot keep certificates in "${dir.path}": is a directory`);
    await Deno.remove(inTheWay);
  }
  await assertWhole(dir, await loadOrCreateIdentity(dir.path, NAMES));
});

Deno.test("localAuthority is null where there is none yet", async () => {
  await using dir = await folder();
  assertEquals(await localAuthority(dir.path), null);
  assertEquals(await localAuthority(`${dir.path}/nosuch`), null);
  assertEquals(await localAuthority(`${await dir.put("file", "")}/certs`), null);
});

Deno.test("localAuthority is the certificate that signs, never its key", async () => {
  await using dir = await folder();
  await loadOrCreateIdentity(dir.path, NAMES);
  const authority = await localAuthority(dir.path);
  assertEquals(authority, await Deno.readTextFile(`${dir.path}/ca.pem`));
  assert(new X509Certificate(authority!).ca);
  assert(!authority!.includes("PRIVATE"));
});

Deno.test("a damaged authority is a failure that says how to get a new one", async () => {
  await using dir = await folder();
  await loadOrCreateIdentity(dir.path, NAMES);
  const path = `${dir.path}/ca.pem`;
  for (const text of ["", "garbage", damaged(await Deno.readTextFile(path))]) {
    await Deno.writeTextFile(path, text);
    const failure = await assertRejects(() => localAuthority(dir.path), Failure);
    assertEquals(failure.kind, "failed");
    assertEquals(failure.message, `cannot use the authority "${path}": it is damaged`);
    assertEquals(failure.hint, "delete it, and start the server once: it makes a new one");
  }
});

Deno.test("an authority that cannot be read is a failure, not as if there were none", async () => {
  await using dir = await folder();
  const path = `${dir.path}/ca.pem`;
  await Deno.mkdir(path);
  const failure = await assertRejects(() => localAuthority(dir.path), Failure);
  assertEquals(failure.kind, "failed");
  assertEquals(failure.message, `cannot use the authority "${path}": is a directory`);
});
