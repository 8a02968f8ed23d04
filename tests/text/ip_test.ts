import {
  addressPrefix,
  canonicalAddress,
  isIpAddress,
  isIpv4,
  isLinkLocal,
  isLoopback,
  isUnspecified,
} from "../../lib/text/ip.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

Deno.test(
  "an IPv4 address is four decimal numbers, without leading zeros and short forms",
  PURE,
  () => {
    for (const good of ["1.2.3.4", "0.0.0.0", "255.255.255.255"]) assert(isIpv4(good), good);
    for (
      const bad of ["01.2.3.4", "1.2.3", "127.1", "256.1.1.1", "0x7f.0.0.1", "2130706433", "::1"]
    ) {
      assert(!isIpv4(bad), bad);
    }
  },
);

Deno.test("what has a zone id or too many parts is no address", PURE, () => {
  for (const bad of ["fe80::1%eth0", "1::2::3", "12345::", "", "localhost", "1:2:3:4:5:6:7:8:9"]) {
    assert(!isIpAddress(bad), bad);
  }
});

Deno.test("canonicalAddress() gives the shortest form, and IPv4 for a mapped address", PURE, () => {
  for (
    const [given, expected] of [
      ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
      ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
      ["::ffff:1.2.3.4", "1.2.3.4"],
      ["::FFFF:102:304", "1.2.3.4"],
      ["::1.2.3.4", "::102:304"],
      ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
      ["1.2.3.4", "1.2.3.4"],
      ["localhost", "localhost"],
      ["fe80::1%eth0", "fe80::1%eth0"],
    ] as const
  ) assertEquals(canonicalAddress(given), expected);
});

Deno.test("loopback, unspecified and link-local addresses are known in both families", PURE, () => {
  assert(["127.0.0.1", "127.255.0.9", "::1", "localhost"].every(isLoopback));
  assert(!["128.0.0.1", "::2", "localhost.example.org", "127.0.0.1.example.org"].some(isLoopback));
  assert(["0.0.0.0", "::"].every(isUnspecified));
  assert(!["0.0.0.1", "::1", ""].some(isUnspecified));
  assert(["169.254.1.1", "fe80::1", "febf::1"].every(isLinkLocal));
  assert(!["169.253.1.1", "fec0::1"].some(isLinkLocal));
});

Deno.test("addressPrefix() is the address for IPv4, and 64 bits of it for IPv6", PURE, () => {
  assertEquals(addressPrefix("192.0.2.1"), "192.0.2.1");
  assertEquals(addressPrefix("::ffff:192.0.2.1"), "192.0.2.1");
  const prefix = addressPrefix("2001:db8:1:2::1");
  assertEquals(prefix, "2001:db8:1:2::/64");
  assertEquals(addressPrefix("2001:db8:1:2:ffff:ffff:ffff:ffff"), prefix);
  assert(addressPrefix("2001:db8:1:3::1") !== prefix);
  assertEquals(addressPrefix("::1"), "::/64");
});
