/**
 * A certificate as files, for programs that are told where it lies.
 *
 * @module
 */
import { testIdentity } from "./pairs.ts";

/** Where the files lie. */
export interface IdentityFiles extends AsyncDisposable {
  /** The authority that a client has to trust. */
  ca: string;
  /** The options that give a server its certificate. */
  options: string[];
}

/** A certificate for localhost, 127.0.0.1 and ::1 in a directory of its own, until disposed of. */
export async function identityFiles(): Promise<IdentityFiles> {
  const { authority, cert, key } = await testIdentity();
  const directory = await Deno.makeTempDir();
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${directory}/${name}`, text);
    return `${directory}/${name}`;
  };
  return {
    ca: await write("ca.pem", authority),
    options: ["--cert", await write("cert.pem", cert), "--key", await write("key.pem", key)],
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
