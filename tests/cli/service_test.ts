import { assertEquals } from "../support/assert.ts";

const UNIT = new URL("../../docs/echo.service", import.meta.url);

const hasSystemd = await new Deno.Command("systemd-analyze", {
  args: ["--version"],
  stdout: "null",
})
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "docs/echo.service is accepted by systemd-analyze verify" +
    (hasSystemd ? "" : " (skipped: systemd-analyze is missing)"),
  ignore: !hasSystemd,
  async fn() {
    // The binary need not be installed for its unit to be checked.
    const unit = (await Deno.readTextFile(UNIT)).replace("/opt/echo/echo", Deno.execPath());
    const directory = await Deno.makeTempDir();
    await Deno.writeTextFile(`${directory}/echo.service`, unit);
    const args = ["verify", `${directory}/echo.service`];
    const { code, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test({
  name: "docs/echo.service is as tight as docs/operations.md says" +
    (hasSystemd ? "" : " (skipped: systemd-analyze is missing)"),
  ignore: !hasSystemd,
  async fn() {
    const args = ["security", "--offline=yes", UNIT.pathname];
    const { stdout } = await new Deno.Command("systemd-analyze", { args }).output();
    const [, exposure] = /exposure level for echo\.service: ([\d.]+)/
      .exec(new TextDecoder().decode(stdout)) ?? [];
    const page = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));
    assertEquals(exposure, /an exposure of ([\d.]+) of 10/.exec(page)?.[1]);
  },
});
