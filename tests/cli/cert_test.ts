import { namesIn } from "../../lib/certs/der.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { assertEquals, assertMatch, assertNotEquals } from "../support/assert.ts";
import { printedCall, Program, runClient, runProgram } from "../support/echo.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** A checkout, or a home for a compiled echo, whose certificates are nobody else's. */
interface Machine extends AsyncDisposable {
  how: { root: string; env: Record<string, string> };
  certs: string;
}

async function machine(): Promise<Machine> {
  const root = await Deno.makeTempDir();
  const compiled = Deno.env.get("ECHO_COMMAND") !== undefined;
  if (!compiled) {
    const files = ["main.ts", "deno.json", "deno.lock", ".ci", "lib"].map((it) => `${ROOT}/${it}`);
    const { success } = await new Deno.Command("cp", { args: ["-r", ...files, root] }).output();
    assertEquals(success, true);
  }
  return {
    how: { root, env: { XDG_DATA_HOME: root } },
    certs: compiled ? `${root}/echo` : `${root}/certs`,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("cert show says names, addresses, validity, fingerprint and what to type elsewhere", async () => {
  await using here = await machine();
  const { code, out, err } = await runProgram(["cert", "show"], "", here.how);
  assertEquals([code, err], [0, ""]);
  const key = fingerprintOf(derOf(await Deno.readTextFile(`${here.certs}/server.pem`)));
  const lines = out.split("\n");
  assertMatch(lines[0]!, /^ {2}names {8}localhost .+$/);
  assertMatch(lines[1]!, /^ {2}addresses {4}127\.0\.0\.1 ::1/);
  assertMatch(lines[2]!, /^ {2}valid {8}\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$/);
  assertEquals(lines[3], `  fingerprint  ${key}`);
  assertMatch(
    lines.at(-1)!,
    new RegExp(`^  ${RegExp.escape(printedCall("client"))} \\S+ PORT --pin ${RegExp.escape(key)}$`),
  );
  // The action may be left away.
  assertEquals((await runProgram(["cert"], "", here.how)).out, out);
});

Deno.test("two computers: the pin of cert show connects, cert new breaks it, and the new one mends it", async () => {
  await using here = await machine();
  await using there = await machine();
  const fingerprint = async (action: string) => {
    const { code, out } = await runProgram(["cert", action], "", here.how);
    assertEquals(code, 0);
    return /fingerprint {2}(\S+)$/m.exec(out)![1]!;
  };
  const first = await fingerprint("show");
  let port: string;
  {
    await using server = new Program(["server", "::1", "0", "--no-log"], here.how);
    port = (await server.out.find(/^server is using port: (\d+)$/))[1]!;
    const hello = ["::1", port, "hello", "--style", "banner"];
    assertEquals((await runClient(hello, "", there.how)).code, 4);
    assertEquals((await runClient([...hello, "--pin", first], "", there.how)).out, "hello");
    assertEquals((await runClient(hello, "", there.how)).code, 0);
    await server.type("exit\n");
    await server.code;
  }
  const second = await fingerprint("new");
  assertNotEquals(second, first);
  await using server = new Program(["server", "::1", port, "--no-log"], here.how);
  await server.out.find(/^server is using port: (\d+)$/);
  const hello = ["::1", port, "hello", "--style", "banner"];
  const { code, err } = await runClient(hello, "", there.how);
  assertEquals(code, 4);
  assertMatch(err, new RegExp(`it was ${RegExp.escape(first)} and is ${RegExp.escape(second)}`));
  // Where it was made it needs no pin.
  assertEquals((await runClient(hello, "", here.how)).code, 0);
  const trust = await runProgram(["cert", "trust", "::1", port, "--pin", second], "", there.how);
  assertEquals([trust.code, trust.out], [0, `[::1]:${port} is trusted: ${second}`]);
  assertEquals((await runClient(hello, "", there.how)).code, 0);
  const forget = await runProgram(["cert", "forget", "::1", port], "", there.how);
  assertEquals([forget.code, forget.out], [0, `[::1]:${port} is forgotten`]);
  assertEquals((await runClient(hello, "", there.how)).code, 4);
  const again = await runProgram(["cert", "forget", "::1", port], "", there.how);
  assertEquals(again.code, 1);
  assertMatch(again.err, /^echo: cannot forget \[::1\]:\d+: it is not in ".*\/echo\/known_hosts"$/);
});

Deno.test("cert trust from a pipe keeps nothing without a pin: exit code 4 and the command", async () => {
  await using here = await machine();
  await using there = await machine();
  await using server = new Program(["server", "::1", "0", "--no-log"], here.how);
  const [, port] = await server.out.find(/^server is using port: (\d+)$/);
  const { code, out, err } = await runProgram(["cert", "trust", "::1", port!], "", there.how);
  assertEquals([code, out], [4, ""]);
  assertMatch(
    err,
    new RegExp(`: ${RegExp.escape(printedCall("cert"))} trust ::1 ${port} --pin SHA256:\\S{43}$`),
  );
});

Deno.test("cert with other words is exit code 2, and says what it takes", async () => {
  for (
    const [words, why] of [
      [
        ["renew"],
        'cannot use "renew": there is no such action; they are show, new, trust and forget',
      ],
      [["show", "me"], "cannot show: it takes no arguments"],
      [["trust", "::1"], "cannot trust: it takes HOST and PORT"],
      [["forget", "::1", "0"], 'cannot use PORT "0": a port is a whole number from 1 to 65535'],
      [
        ["show", "--pin", `SHA256:${"A".repeat(43)}`],
        "cannot use --pin: it is for echo cert trust",
      ],
    ] as const
  ) {
    const { code, err } = await runProgram(["cert", ...words]);
    assertEquals([code, err.split("\n")[0]], [2, `echo: ${why}`]);
  }
});

Deno.test("a server whose key cannot be read says that it has a new one", async () => {
  await using here = await machine();
  assertEquals((await runProgram(["cert", "new"], "", here.how)).code, 0);
  for (const name of ["ca-key.pem", "server-key.pem"]) {
    await Deno.writeTextFile(`${here.certs}/${name}`, "garbage");
  }
  const server = ["server", "::1", "0", "--no-log"];
  const { code, err } = await runProgram(server, "exit\n", here.how);
  assertEquals(code, 0);
  assertMatch(err, /^echo: the key in ".*" could not be read, so there is a new one: clients .*$/);
  assertEquals((await runProgram(server, "exit\n", here.how)).err, "");
});

/** Runs a command on a machine that has the name before it. */
const NAMED = ["unshare", "--uts", "sh", "-c", 'echo "$0" >/proc/sys/kernel/hostname && exec "$@"'];

const canBeNamed = await new Deno.Command(NAMED[0]!, { args: [...NAMED.slice(1), "a", "true"] })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "the certificate has the machine's name in ASCII, or leaves it out and says so" +
    (canBeNamed ? "" : " (skipped: the machine's name cannot be changed)"),
  ignore: !canBeNamed,
  async fn() {
    const none = `echo: the certificate does not have this machine's name "a:b": ` +
      "it is no name of a host";
    for (const [name, names, said] of [["Büro-PC", ["xn--bro-pc-3ya"], ""], ["a:b", [], none]]) {
      await using here = await machine();
      const how = { ...here.how, within: [...NAMED, name as string] };
      const server = ["server", "::1", "0", "--no-log"];
      const { code, err } = await runProgram(server, "exit\n", how);
      assertEquals([code, err], [0, said]);
      const cert = await Deno.readTextFile(`${here.certs}/server.pem`);
      const dnsNames = namesIn(derOf(cert)).filter((it) => /[g-z]/.test(it));
      assertEquals(dnsNames, ["localhost", ...names as string[]]);
    }
  },
});
