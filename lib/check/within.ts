/**
 * Waiting that has an end.
 *
 * @module
 */

/** Whether `promise` settles within so many milliseconds. */
export async function settlesWithin(promise: Promise<unknown>, within: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), within);
  });
  const settled = promise.then(() => true, () => true);
  const isSettled = await Promise.race([settled, over]);
  clearTimeout(timer);
  return isSettled;
}
