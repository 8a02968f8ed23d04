/**
 * The cases of the suite `path` about TLS: whether it reaches the server.
 *
 * @module
 */
import { Failure, reasonOf } from "../../failure.ts";
import { PROTOCOL } from "../../wire/dialect.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import type { Path } from "./path.ts";

const WITHOUT_TLS = "there is no TLS with --plain";

const ENDS_TLS = "ends TLS in between: what answers has another key than the server";

/** That of the key, and that of the protocol. */
export const TLS_CASES: readonly [key: Case<Path>, alpn: Case<Path>] = [
  {
    id: "path-key",
    title: "the other end of TLS has the key of the server",
    async run(path) {
      if (path.tls === null) throw new Skip(WITHOUT_TLS);
      const { pin, key } = path.tls;
      if (pin === null) throw new Skip("without --pin the key of the server is not known");
      if (path.hasOtherKey) throw new Wrong(`the key ${key}, not ${pin}`, ENDS_TLS);
      await expectProof(path); // so far the key was only presented
      return "it has the pinned key";
    },
  },
  {
    id: "path-alpn",
    title: `TLS agrees on ${PROTOCOL} when that is offered (ALPN)`,
    async run(path) {
      if (path.tls === null) throw new Skip(WITHOUT_TLS);
      const protocol = await path.tls.agree();
      if (protocol === PROTOCOL) return `${PROTOCOL} was agreed on`;
      const saw = `${PROTOCOL} was offered, and no protocol was agreed on`;
      if (path.hasOtherKey) throw new Wrong(saw, ENDS_TLS);
      // A server that speaks no ALPN looks the same. Only its user knows.
      if (path.server.dialect !== "frames") {
        throw new Skip(`${saw}; if the server does speak it, say so with --dialect frames`);
      }
      throw new Wrong(saw, `does not bring ALPN to the server: it answers TLS itself`);
    },
  },
];

async function expectProof(path: Path): Promise<void> {
  try {
    await path.connect();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "untrusted") throw error;
    throw new Wrong(reasonOf(error), ENDS_TLS);
  }
}
