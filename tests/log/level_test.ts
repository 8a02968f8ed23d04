import { isAtLeast, levelOf, LEVELS } from "../../lib/log/level.ts";
import type { CloseReason, FailureReason } from "../../lib/server/events.ts";
import { assertEquals } from "../support/assert.ts";
import { clientEvents, serverEvents } from "../support/events.ts";

const PURE = { permissions: "none" } as const;

Deno.test("levels: a client that ends as agreed is info, any other end is a warning", PURE, () => {
  const agreed: CloseReason[] = ["quit", "exit", "empty", "end", "shutdown"];
  const others: CloseReason[] = [
    ...["lost", "truncated", "too-large", "bad-frame"] as const,
    ...["idle-timeout", "slow-reader", "over-limit"] as const,
  ];
  const of = (reason: CloseReason) => levelOf({ ...serverEvents["client-close"], reason });
  assertEquals(new Set(agreed.map(of)), new Set(["info"]));
  assertEquals(new Set(others.map(of)), new Set(["warn"]));
});

Deno.test("levels: a probe is debug, a failed handshake is a warning", PURE, () => {
  const of = (reason: FailureReason) => levelOf({ ...serverEvents["connection-failed"], reason });
  assertEquals(of("probe"), "debug");
  assertEquals(of("shutdown"), "info");
  const rest = ["handshake-failed", "handshake-timeout", "over-limit"] as const;
  assertEquals(new Set(rest.map(of)), new Set(["warn"]));
});

Deno.test(
  "levels: what somebody has to look at is a warning, what stopped the work an error",
  PURE,
  () => {
    const special = new Map<string, string[]>();
    const { "client-close": _, "connection-failed": __, ...events } = serverEvents;
    for (const event of [...Object.values(events), ...Object.values(clientEvents)]) {
      const level = levelOf(event);
      if (level !== "info") special.set(level, [...special.get(level) ?? [], event.type]);
    }
    assertEquals(special.get("warn")!.sort(), [
      ...["accept-failed", "broadcast-dropped", "certificate-expires", "certificate-rejected"],
      ...[
        "client-fault",
        "datagram-rejected",
        "fault-injected",
        "retrying",
        "room-cut",
        "room-missed",
        "room-rejected",
      ],
      ...["udp-failed", "unanswered"],
    ]);
    assertEquals(special.get("error")!.sort(), ["failed", "internal-error"]);
    assertEquals(special.size, 2);
  },
);

Deno.test("levels: each is at least itself and all below it", PURE, () => {
  for (const [i, level] of LEVELS.entries()) {
    for (const [j, lowest] of LEVELS.entries()) assertEquals(isAtLeast(level, lowest), i >= j);
  }
});
