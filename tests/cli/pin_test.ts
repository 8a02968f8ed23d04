import { assertEquals } from "../support/assert.ts";
import { runProgram } from "../support/echo.ts";
import { folder, selfSigned } from "../support/odd_certs.ts";
import { startUnknown } from "../support/unknown_server.ts";

Deno.test("--pin of ping, check and bench: this key, and no other", async () => {
  await using dir = await folder();
  const pair = await selfSigned();
  await using server = await startUnknown(dir, { pair });
  const pin = server.key;
  const other = `SHA256:${"A".repeat(43)}`;
  const commands = [
    ["ping", "--count", "1"],
    ["check", "--only", "hello"],
    ["bench", "--duration", "100ms", "--warmup", "0"],
  ];
  for (const [name, ...options] of commands) {
    const args = [name!, "::1", `${server.port}`, ...options];
    const right = await runProgram([...args, "--pin", pin]);
    assertEquals([name, right.code], [name, 0]);
    const wrong = await runProgram([...args, "--pin", other]);
    assertEquals([name, wrong.code], [name, 4]);
  }
});
