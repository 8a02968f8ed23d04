import { CertificateManager } from "../../lib/certs/certificate_manager.ts";
import type { Identity } from "../../lib/certs/pem.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const identity = (name: string): Identity => ({ cert: `cert ${name}`, key: `key ${name}` });

/** A manager that reads `files.name`, and what its subscribers got. */
function manage() {
  const files = { name: "1" };
  const used: string[] = [];
  const manager = new CertificateManager(identity("1"), () => {
    if (files.name === "bad") return Promise.reject(new Error("damaged"));
    return Promise.resolve(identity(files.name));
  });
  const subscribe = (name: string, bad?: string) =>
    manager.subscribe(({ cert }) => {
      if (cert === bad) return Promise.reject(new Error(`${name} cannot use it`));
      used.push(`${name}: ${cert}`);
      return Promise.resolve();
    });
  return { files, used, manager, subscribe };
}

Deno.test("manager: the same certificate reaches no subscriber", PURE, async () => {
  const { manager, used, subscribe } = manage();
  subscribe("a");
  assertEquals([await manager.reload(), used], [false, []]);
});

Deno.test("manager: a new certificate reaches all subscribers and is current", PURE, async () => {
  const { files, manager, used, subscribe } = manage();
  subscribe("a");
  const b = subscribe("b");
  files.name = "2";
  assertEquals(await manager.reload(), true);
  assertEquals([used, manager.current], [["a: cert 2", "b: cert 2"], identity("2")]);
  b[Symbol.dispose]();
  files.name = "3";
  await manager.reload();
  assertEquals(used.slice(2), ["a: cert 3"]);
});

Deno.test("manager: a certificate that cannot be read changes nothing", PURE, async () => {
  const { files, manager, used, subscribe } = manage();
  subscribe("a");
  files.name = "bad";
  await assertRejects(() => manager.reload(), Error, "damaged");
  assertEquals([manager.current, used], [identity("1"), []]);
  files.name = "2";
  assertEquals(await manager.reload(), true); // and it goes on
});

Deno.test(
  "manager: where one subscriber fails, the others get the old one back",
  PURE,
  async () => {
    const { files, manager, used, subscribe } = manage();
    subscribe("a");
    subscribe("b", "cert 2");
    files.name = "2";
    await assertRejects(() => manager.reload(), Error, "b cannot use it");
    assertEquals([used, manager.current], [["a: cert 2", "a: cert 1"], identity("1")]);
  },
);

Deno.test("manager: reloads run one after the other", PURE, async () => {
  const { files, manager, used } = manage();
  const first = Promise.withResolvers<void>();
  manager.subscribe(async ({ cert }) => {
    used.push(`begin ${cert}`);
    await first.promise;
    used.push(`end ${cert}`);
  });
  files.name = "2";
  const both = [manager.reload(), manager.reload()];
  await Promise.resolve();
  first.resolve();
  assertEquals(await Promise.all(both), [true, false]);
  assertEquals(used, ["begin cert 2", "end cert 2"]);
});
