import { Pace } from "../../lib/console/pace.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("Pace allows 200 lines in 100 ms", { permissions: "none" }, () => {
  const pace = new Pace();
  assertEquals([pace.allows(150, 1000), pace.allows(50, 1099), pace.allows(1, 1099)], [
    ...[true, true, false],
  ]);
  assertEquals([pace.allows(200, 1100), pace.allows(1, 1199)], [true, false]);
  assertEquals([pace.allows(201, 1300), pace.allows(1, 1300)], [false, false]);
  assertEquals(pace.allows(1, 1400), true);
});
