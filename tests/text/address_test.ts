import { showAddress } from "../../lib/text/address.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("showAddress puts brackets around IPv6 only", { permissions: "none" }, () => {
  assertEquals(showAddress({ hostname: "::1", port: 50512 }), "[::1]:50512");
  assertEquals(showAddress({ hostname: "127.0.0.1", port: 50512 }), "127.0.0.1:50512");
  assertEquals(showAddress({ hostname: "localhost", port: 0 }), "localhost:0");
});
