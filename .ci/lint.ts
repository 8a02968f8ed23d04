/**
 * The lint plugin of deno.json. Deno accepts each plugin name once, so all rules are here.
 *
 * @module
 */
import { length } from "./length.ts";
import { race } from "./race.ts";
import { walls } from "./walls.ts";
import { words } from "./words.ts";

/** The rules `echo/walls`, `echo/words`, `echo/length` and `echo/race`. */
const plugin: Deno.lint.Plugin = { name: "echo", rules: { walls, words, length, race } };
export default plugin;
