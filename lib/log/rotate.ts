/**
 * Rotation of a file that has reached its largest size.
 *
 * @module
 */

/**
 * Renames the file at `path` to `path.1`, in place of the one before; a link is followed. `file` is
 * closed. Does not rename where another process has done so already, and the path has another file.
 */
export async function rotate(path: string, file: Deno.FsFile): Promise<void> {
  const ours = await file.stat();
  file.close(); // Windows does not rename an open file
  const target = await Deno.realPath(path);
  const there = await Deno.stat(target);
  if (ours.ino === there.ino && ours.dev === there.dev) await Deno.rename(target, `${target}.1`);
}
