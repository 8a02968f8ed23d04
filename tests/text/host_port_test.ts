import { formatHostPort } from "../../lib/text/host_port.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("showAddress puts brackets around IPv6 only", { permissions: "none" }, () => {
  assertEquals(formatHostPort({ hostname: "::1", port: 50512 }), "[::1]:50512");
  assertEquals(formatHostPort({ hostname: "127.0.0.1", port: 50512 }), "127.0.0.1:50512");
  assertEquals(formatHostPort({ hostname: "localhost", port: 0 }), "localhost:0");
});
