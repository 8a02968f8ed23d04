/**
 * Two hosts on one machine: network namespaces of Linux with a cable (veth) between them.
 *
 * @module
 */

/** Where the two hosts are. */
export const ADDRESSES = {
  IPv4: { server: "10.99.0.1", client: "10.99.0.2" },
  IPv6: { server: "fd99::1", client: "fd99::2" },
} as const;

/** A cable between two hosts. */
export class Link implements AsyncDisposable {
  readonly #server = `echo-s-${crypto.randomUUID().slice(0, 8)}`;
  readonly #client = `echo-c-${crypto.randomUUID().slice(0, 8)}`;

  /** What runs a program on the one host, and on the other. */
  readonly server = ["ip", "netns", "exec", this.#server];
  readonly client = ["ip", "netns", "exec", this.#client];

  /** Lays it. Rejects where that is not allowed. */
  static async lay(): Promise<Link> {
    const link = new Link();
    try {
      await link.#lay();
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
    return link;
  }

  async #lay(): Promise<void> {
    const [server, client] = [this.#server, this.#client];
    await run("ip", "netns", "add", server);
    await run("ip", "netns", "add", client);
    const ends = ["cable", "netns", server, "type", "veth", "peer", "name", "cable"];
    await run("ip", "link", "add", ...ends, "netns", client);
    for (const [host, end] of [[server, "server"], [client, "client"]] as const) {
      const { IPv4, IPv6 } = ADDRESSES;
      await run("ip", "-n", host, "addr", "add", `${IPv4[end]}/24`, "dev", "cable");
      await run("ip", "-n", host, "addr", "add", `${IPv6[end]}/64`, "dev", "cable", "nodad");
      await run("ip", "-n", host, "link", "set", "lo", "up");
      await run("ip", "-n", host, "link", "set", "cable", "up");
    }
  }

  /** Makes it a bad one in both directions: `delay 20ms loss 2%`. Rejects without netem. */
  async impair(...netem: string[]): Promise<void> {
    for (const host of [this.#server, this.#client]) {
      await run("tc", "-n", host, "qdisc", "replace", "dev", "cable", "root", "netem", ...netem);
    }
  }

  /** Cuts it, at the server's end: neither side is told. */
  async cut(): Promise<void> {
    await run("ip", "-n", this.#server, "link", "set", "cable", "down");
  }

  /** Takes it away, and the hosts. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [this.#server, this.#client]) {
      await run("ip", "netns", "del", host).catch(() => {}); // it may not be there
    }
  }
}

/** Why there can be no link here, or no bad one; null where there can. */
export async function obstacles(): Promise<{ link: string | null; netem: string | null }> {
  try {
    await using link = await Link.lay();
    const netem = await link.impair("delay", "1ms").then(() => null, (error: Error) => error);
    return { link: null, netem: netem && `no netem: ${netem.message}` };
  } catch (error) {
    const why = `no network namespaces: ${(error as Error).message}`;
    return { link: why, netem: why };
  }
}

/** Runs a command. Rejects with its errors. */
export async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}
