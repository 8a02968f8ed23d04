/**
 * Reading files of certificates, keys and hosts.
 *
 * @module
 */

/** The text of a file. Throws for what is none: to read a pipe could take for ever. */
export async function readFileText(path: string): Promise<string> {
  const { isFile, isDirectory } = await Deno.stat(path);
  if (!isFile && !isDirectory) throw new Error("it is not a file");
  return await Deno.readTextFile(path);
}
