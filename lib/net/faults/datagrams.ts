/**
 * `loss` and `reorder`: datagrams that do not come, or come in another order.
 *
 * @module
 */
import type { Endpoint } from "../address.ts";
import type { DatagramSocket } from "../datagram.ts";
import type { FaultPlan } from "./faults.ts";
import { randomOf } from "./random.ts";
import { isOfDatagrams } from "./spec.ts";

/** How long a datagram waits for one that overtakes it, in milliseconds. */
const MAX_HOLD_MS = 200;

/** A socket whose datagrams are harmed. A plan counts them as it counts connections. */
export function faultyDatagrams(socket: DatagramSocket, plan: FaultPlan): DatagramSocket {
  const faults = plan.faults.filter(({ name }) => isOfDatagrams(name));
  let count = 0;
  let sendHeld: (() => void) | null = null;

  /** Sends the datagram after the next one, or after a while. */
  function hold(bytes: Uint8Array, to: Endpoint): void {
    const copy = bytes.slice(); // the buffer of the next datagram is the same
    const send = () => {
      clearTimeout(timer);
      sendHeld = null;
      socket.send(copy, to).catch(() => {}); // as if it was lost
    };
    const timer = setTimeout(send, MAX_HOLD_MS);
    sendHeld = send;
  }

  return {
    hostname: socket.hostname,
    port: socket.port,
    async send(bytes, to) {
      const connection = ++count;
      const random = randomOf(plan.seed, connection);
      const hit = faults.find((spec) =>
        random() < spec.probability && (spec.connection ?? connection) === connection
      );
      if (hit !== undefined) {
        plan.onHarm({ fault: hit.name, connection, peer: to, at: 0 });
        if (hit.name === "loss") return bytes.length;
        if (sendHeld === null) {
          hold(bytes, to);
          return bytes.length;
        }
      }
      const sent = await socket.send(bytes, to);
      sendHeld?.();
      return sent;
    },
    receive: () => socket.receive(),
    [Symbol.dispose]() {
      sendHeld?.();
      socket[Symbol.dispose]();
    },
  };
}
