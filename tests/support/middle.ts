/**
 * Two hosts with a switch in the middle, each in a network namespace of its own. A switch drops what
 * is too long for a cable, and no message of ICMP says so, as a router's would.
 *
 * @module
 */
import { ADDRESSES, run } from "./link.ts";

/** Three namespaces and two cables. */
export class Middle implements AsyncDisposable {
  readonly #hosts = ["c", "m", "s"].map((name) =>
    `echo-${name}-${crypto.randomUUID().slice(0, 8)}`
  );

  /** What runs a program on the client's host. */
  readonly client = ["ip", "netns", "exec", this.#hosts[0]!];
  /** What runs a program on the server's host. */
  readonly server = ["ip", "netns", "exec", this.#hosts[2]!];

  /** Lays the cables; the server's carries packets of at most `mtu` bytes. Rejects where it cannot. */
  static async lay(mtu: number): Promise<Middle> {
    const middle = new Middle();
    try {
      await middle.#lay(mtu);
    } catch (error) {
      await middle[Symbol.asyncDispose]();
      throw error;
    }
    return middle;
  }

  async #lay(mtu: number): Promise<void> {
    const [client, middle, server] = this.#hosts as [string, string, string];
    const { IPv4 } = ADDRESSES;
    for (const host of this.#hosts) await run("ip", "netns", "add", host);
    await run("ip", "-n", middle, "link", "add", "name", "switch", "type", "bridge");
    for (
      const [host, port, address] of [[client, "left", IPv4.client], [server, "right", IPv4.server]]
    ) {
      const end = ["peer", "name", port!, "netns", middle];
      await run("ip", "link", "add", "cable", "netns", host!, "type", "veth", ...end);
      // Without this, the system hands packets of 64 KiB on, which no MTU applies to.
      await run("ip", "-n", host!, "link", "set", "cable", "gso_max_segs", "1");
      await run("ip", "-n", host!, "addr", "add", `${address}/24`, "dev", "cable");
      await run("ip", "-n", host!, "link", "set", "lo", "up");
      await run("ip", "-n", host!, "link", "set", "cable", "up");
      await run("ip", "-n", middle, "link", "set", port!, "master", "switch");
      await run("ip", "-n", middle, "link", "set", port!, "up");
    }
    await run("ip", "-n", middle, "link", "set", "right", "mtu", `${mtu}`);
    await run("ip", "-n", middle, "link", "set", "switch", "up");
  }

  /** Cuts the server's cable at the switch: no host gets a packet that says so. */
  async cut(): Promise<void> {
    await run("ip", "-n", this.#hosts[1]!, "link", "set", "right", "down");
  }

  /** Takes it away, and the hosts. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) {
      await run("ip", "netns", "del", host).catch(() => {}); // it may not be there
    }
  }
}

/** Why it cannot be laid here; null where it can. */
export async function obstacleToMiddle(): Promise<string | null> {
  try {
    await using _ = await Middle.lay(1500);
    return null;
  } catch (error) {
    return `no network namespaces with a switch: ${(error as Error).message}`;
  }
}
