/**
 * What was measured on, and with what.
 *
 * @module
 */

/** Programs whose versions matter, and how they say them. */
const PROGRAMS: [name: string, command: string[]][] = [
  ["Node", ["node", "--version"]],
  ["Bun", ["bun", "--version"]],
  ["Python", [
    "python3",
    "-c",
    "import ssl, sys; print(sys.version.split()[0], ssl.OPENSSL_VERSION)",
  ]],
  ["Go", ["go", "version"]],
  ["ncat", ["ncat", "--version"]],
  ["socat", ["socat", "-V"]],
  ["C", ["gcc", "--version"]],
  ["OpenSSL", ["openssl", "version"]],
];

/** The machine and the programs on it, a line each. */
export async function machine(): Promise<string[]> {
  const cpu = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const [load] = Deno.loadavg();
  return [
    `CPU: ${cpu ?? Deno.build.arch}, ${navigator.hardwareConcurrency} cores`,
    `Linux ${Deno.osRelease()}, ${Deno.build.arch}; load average before: ${load!.toFixed(2)}`,
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8})`,
    ...await versions(),
  ];
}

async function versions(): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, [program, ...args]] of PROGRAMS) {
    try {
      const { stdout, stderr } = await new Deno.Command(program!, { args }).output();
      const said = new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
      const line = said.split("\n").find((it) => /\d\.\d/.test(it)) ?? "";
      const version = line.replace(/^(\S+ )?version /i, "").trim();
      lines.push(version.startsWith(name) ? version : `${name}: ${version}`);
    } catch {
      // not installed: then it was not measured either
    }
  }
  return lines;
}
