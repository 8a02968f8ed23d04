import {
  describeOptions,
  duration,
  file,
  flag,
  oneOf,
  parseOptions,
  size,
} from "../../lib/cli/options.ts";
import { Failure } from "../../lib/failure.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const TABLE = {
  "loud": flag("make noise", "l"),
  "log": file("write to FILE", "echo.log"),
  "style": oneOf("the look", ["plain", "rich"], "plain"),
  "timeout": duration("how long", 10_000),
  "buffer": size("how much", 4096, 1024 * 1024),
};
const DEFAULTS = { loud: false, log: "echo.log", style: "plain", timeout: 10_000, buffer: 4096 };

Deno.test("parseOptions() keeps words as they were typed", () => {
  for (const words of [["12345"], ["007", "1e3", "0x1f"], ["::1", "80", "Hello,", "world"], [""]]) {
    assertEquals(parseOptions(TABLE, words).words, words);
  }
});

Deno.test("parseOptions() takes options anywhere, and none after --", () => {
  const { words, options } = parseOptions(TABLE, ["a", "--loud", "b", "--", "--log", "-5", "--"]);
  assertEquals(words, ["a", "b", "--log", "-5", "--"]);
  assertEquals(options, { ...DEFAULTS, loud: true } as typeof options);
});

Deno.test("parseOptions() takes a value after a blank or =, and the last one counts", () => {
  const { options } = parseOptions(TABLE, [
    "--timeout",
    "500ms",
    "--buffer=64k",
    "--style=rich",
    "-l",
    "--log",
    "a",
    "--log",
    "b",
  ]);
  assertEquals(options, { loud: true, log: "b", style: "rich", timeout: 500, buffer: 65536 });
});

Deno.test("parseOptions() refuses what it does not know or cannot use, by name", () => {
  for (
    const [args, message] of [
      [["--nosuch"], 'cannot use "--nosuch": there is no such option'],
      [["-5"], 'cannot use "-5": there is no such option'],
      [["-x"], 'cannot use "-x": there is no such option'],
      [["--log"], "cannot use --log without a value: it takes the name of a file"],
      [["--log="], "cannot use --log without a value: it takes the name of a file"],
      [["--timeout", "10"], 'cannot use --timeout "10": it takes a time such as 500ms, 10s or 5m'],
      [
        ["--timeout", "99999h"],
        'cannot use --timeout "99999h": it takes a time such as 500ms, 10s or 5m',
      ],
      [["--timeout", "0"], 'cannot use --timeout "0": it takes a time such as 500ms, 10s or 5m'],
      [
        ["--buffer", "0"],
        'cannot use --buffer "0": it takes a size from 1 to 1MiB, such as 64k or 16MiB',
      ],
      [
        ["--buffer", "2MiB"],
        'cannot use --buffer "2MiB": it takes a size from 1 to 1MiB, such as 64k or 16MiB',
      ],
      [["--style", "loud"], 'cannot use --style "loud": it takes plain, rich'],
      [["--loud=yes"], 'cannot use --loud "yes": it takes no value'],
      [["--no-loud"], 'cannot use "--no-loud": there is no such option'],
      [["--__proto__"], 'cannot use "--__proto__": there is no such option'],
    ] as const
  ) {
    const failure = assertThrows(() => parseOptions(TABLE, [...args]), Failure, message);
    assertEquals([failure.kind, failure.message], ["usage", message]);
  }
});

Deno.test("parseOptions() tells which option may be meant", () => {
  for (
    const [word, hint] of [
      ["--tiemout", "did you mean --timeout?"],
      ["--styles=rich", "did you mean --style?"],
      ["--helpp", "did you mean --help?"],
      ["--nosuch", "put -- before words that start with a hyphen and are not options"],
    ] as const
  ) {
    assertEquals(assertThrows(() => parseOptions(TABLE, [word]), Failure).hint, hint);
  }
});

Deno.test("describeOptions() makes the help from the same table", () => {
  assertEquals(
    describeOptions(TABLE),
    `  -l, --loud          make noise
      --log FILE      write to FILE (default echo.log)
      --style NAME    the look: plain, rich (default plain)
      --timeout TIME  how long (default 10s)
      --buffer SIZE   how much (default 4KiB)
  -h, --help          this text
  -V, --version       the version of echo`,
  );
});
