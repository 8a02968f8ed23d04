import { Failure } from "../../lib/failure.ts";
import { validateIpPort } from "../../lib/net/address.ts";
import { canonicalAddress } from "../../lib/text/ip.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const CLIENT = { lowestPort: 1 } as const;
const SERVER = { lowestPort: 0 } as const;

const GOOD: [host: string, meant: string][] = [
  ["::1", "::1"],
  ["[::1]", "::1"],
  ["::", "::"],
  ["2001:DB8:0:0::1", "2001:db8::1"],
  ["[fe80::1]", "fe80::1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["localhost", "localhost"],
  ["example.org", "example.org"],
  ["example.org.", "example.org."],
  ["my_host-2", "my_host-2"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["3com.example", "3com.example"],
];

Deno.test("validateIpPort() takes IPv6, bare and in brackets, IPv4, and names", PURE, () => {
  for (const [host, meant] of GOOD) {
    assertEquals(validateIpPort(host, "80", CLIENT), { hostname: meant, port: 80 }, host);
  }
});

const BAD: [host: string, why: string][] = [
  ["", "it is empty"],
  ["12zz::1", "not an IPv6 address"],
  [":::", "not an IPv6 address"],
  ["1:2:3:4:5:6:7:", "not an IPv6 address"],
  ["1:2:3:4:5:6:7:8:9", "not an IPv6 address"],
  ["::1::", "not an IPv6 address"],
  ["[]", "not an IPv6 address"],
  ["[127.0.0.1]", "not an IPv6 address"],
  ["[::1", "brackets go around"],
  ["::1]", "brackets go around"],
  ["[::1]:80", "brackets go around"],
  ["fe80::1%eth0", "scope ids are not supported"],
  ["localhost:80", "HOST and PORT are two words"],
  ["127.0.0.1:80", "HOST and PORT are two words"],
  ["1...2", "not an IPv4 address"],
  ["256.0.0.1", "not an IPv4 address"],
  ["1.2.3", "not an IPv4 address"],
  ["1.2.3.4.5", "not an IPv4 address"],
  ["01.2.3.4", "not an IPv4 address"],
  ["12345", "not an IPv4 address"],
  ["0x10.1.1.1", "not a host name"],
  ["1e2.1.1.1", "not a host name"],
  [" 1.1.1.1", "not a host name"],
  ["-host", "not a host name"],
  ["host-", "not a host name"],
  ["a..b", "not a host name"],
  ["a b", "not a host name"],
  ["http://host", "not an IPv6 address"],
  ["host/path", "not a host name"],
  ["user@host", "not a host name"],
  ["bücher/example", "not a host name"],
  ["a".repeat(64), "not a host name"],
  [`${"a.".repeat(127)}ab`, "not a host name"],
  ["\u001b[31m", "not a host name"],
];

Deno.test("validateIpPort() refuses every other host, and says why", PURE, () => {
  for (const [host, why] of BAD) {
    const { kind, message } = assertThrows(() => validateIpPort(host, "80", CLIENT), Failure);
    assertEquals(kind, "usage", host);
    assertStringIncludes(message, "cannot use HOST");
    assertStringIncludes(message, why, host);
  }
});

Deno.test("validateIpPort() takes ports 1 to 65535, and 0 where somebody listens", PURE, () => {
  assertEquals(validateIpPort("::1", "1", CLIENT).port, 1);
  assertEquals(validateIpPort("::1", "65535", CLIENT).port, 65535);
  assertEquals(validateIpPort("::1", "0", SERVER).port, 0);
  for (const port of ["0", "65536", "-1", "", " 80", "80 ", "8e1", "0x50", "80.0", "http", "９"]) {
    const { kind, message } = assertThrows(() => validateIpPort("::1", port, CLIENT), Failure);
    assertEquals(kind, "usage", port);
    const why = `cannot use PORT ${JSON.stringify(port)}: a port is a whole number from 1 to 65535`;
    assertEquals(message, why);
  }
});

Deno.test("canonicalAddress() shows an IPv4 peer of a dual-stack listener as IPv4", PURE, () => {
  assertEquals(canonicalAddress("::ffff:127.0.0.1"), "127.0.0.1");
  assertEquals(canonicalAddress("::1"), "::1");
  assertEquals(canonicalAddress("192.0.2.1"), "192.0.2.1");
});

Deno.test("validateIpPort() says the order where the two words are swapped", () => {
  const swapped = () => validateIpPort("12345", "localhost", { lowestPort: 1 });
  const failure = assertThrows(swapped, Failure);
  assertEquals(
    [failure.message, failure.hint],
    [
      'cannot use HOST "12345": HOST comes first, and PORT is the second word',
      "as in localhost 12345",
    ],
  );
});
