import { Failure } from "../../lib/failure.ts";
import {
  listenDatagram,
  MAX_DATAGRAM_BYTES,
  openDatagram,
  resolveUdp,
} from "../../lib/net/datagram.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { noise, utf8 } from "../support/sources.ts";

const { IPv4, IPv6 } = MAX_DATAGRAM_BYTES;

for (const [hostname, largest] of [["127.0.0.1", IPv4], ["::1", IPv6]] as const) {
  Deno.test(`datagrams of 0 to ${largest} bytes arrive whole on ${hostname}`, async () => {
    using near = openDatagram(hostname);
    using far = openDatagram(hostname);
    for (const size of [0, 1, 1024, 1025, 65_507, largest]) {
      const sent = noise(size, size);
      assertEquals(await near.send(sent, far), size);
      const { bytes, from } = await far.receive();
      assertEquals(from, { hostname, port: near.port });
      assert(bytes.length === size && sent.every((byte, i) => byte === bytes[i]));
    }
    await assertRejects(() => near.send(noise(largest + 1), far), Error, "too long");
  });
}

Deno.test("openDatagram() on :: speaks IPv4 too, and shows it as what it is", async () => {
  using both = openDatagram("::");
  using old = openDatagram("127.0.0.1");
  await old.send(utf8("hello"), { hostname: "127.0.0.1", port: both.port });
  const { from } = await both.receive();
  assertEquals(from, { hostname: "127.0.0.1", port: old.port });
  await both.send(utf8("back"), from);
  assertEquals((await old.receive()).bytes, utf8("back"));
});

Deno.test("listenDatagram() says that the port is in use, or the address not ours", () => {
  using taken = openDatagram("::1");
  const failure = assertThrows(() => listenDatagram("::1", taken.port), Failure);
  assertEquals([failure.kind, failure.message], [
    "failed",
    `cannot bind to ::1 UDP port ${taken.port}: the UDP port is in use`,
  ]);
  assertThrows(() => listenDatagram("192.0.2.77", 0), Failure, "it is not an address of this");
});

Deno.test("resolveUdp() takes addresses as they are, and looks names up", async () => {
  for (
    const [host, hostname] of [["127.0.0.1", "127.0.0.1"], ["::1", "::1"], ["::", "::1"], [
      "0.0.0.0",
      "127.0.0.1",
    ]] as const
  ) {
    const { socket, servers } = await resolveUdp(host, 7);
    socket[Symbol.dispose]();
    assertEquals(servers, [{ hostname, port: 7 }]);
  }
  const { socket, servers } = await resolveUdp("localhost", 7);
  socket[Symbol.dispose]();
  assert(servers.length > 0);
  for (const { hostname } of servers) assert(["127.0.0.1", "::1"].includes(hostname));
});
