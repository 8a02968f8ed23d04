import { advertisedAddress, dnsName, localNames } from "../../lib/net/host.ts";
import { assert, assertEquals } from "../support/assert.ts";

Deno.test("dnsName() is the name as a certificate has it, or null", () => {
  const names = {
    "rechner": "rechner",
    "Büro-PC.example": "xn--bro-pc-3ya.example",
    "文件": "xn--5nqy36c",
    "my_machine": "my_machine",
    "a:b": null,
    "two words": null,
    "": null,
    "192.0.2.7": null,
    [`${"x".repeat(64)}.example`]: null,
  };
  for (const [name, wanted] of Object.entries(names)) assertEquals(dnsName(name), wanted, name);
});

Deno.test("localNames() has localhost and the loopback addresses, each once", () => {
  const names = localNames();
  for (const name of ["localhost", "127.0.0.1", "::1"]) assert(names.includes(name), name);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("advertisedAddress() is an address that this machine has, also without a network", () => {
  const loopback = (family: "IPv4" | "IPv6", address: string) => ({ family, address });
  const [four, six] = [loopback("IPv4", "127.0.0.1"), loopback("IPv6", "::1")];
  const cases = [
    [[four, six], "::", "::1"],
    [[four], "::", "127.0.0.1"],
    [[four, six], "0.0.0.0", "127.0.0.1"],
    [[four, six, loopback("IPv4", "192.0.2.7")], "::", "192.0.2.7"],
    [[four, six, loopback("IPv6", "2001:db8::7")], "0.0.0.0", "127.0.0.1"],
  ] as const;
  const { networkInterfaces } = Deno;
  try {
    for (const [interfaces, bound, wanted] of cases) {
      Deno.networkInterfaces = () => interfaces as unknown as Deno.NetworkInterfaceInfo[];
      assertEquals(advertisedAddress(bound), wanted);
    }
  } finally {
    Deno.networkInterfaces = networkInterfaces;
  }
});
