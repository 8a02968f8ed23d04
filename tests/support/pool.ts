/**
 * Many pieces of work, a few at a time.
 *
 * @module
 */

/** The results of `work` on each of `items`, in their order; at most four run at a time. */
export async function fewAtATime<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const run = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all([run(), run(), run(), run()]);
  return results;
}
