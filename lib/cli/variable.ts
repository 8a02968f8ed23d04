/**
 * Variables of the environment that a service manager or a collector sets.
 *
 * @module
 */

/**
 * The value of a variable; null where it is empty, not set or not permitted, as for a command that was
 * installed before there was this variable.
 */
export function variable(name: string): string | null {
  try {
    return Deno.env.get(name) || null;
  } catch {
    return null;
  }
}
