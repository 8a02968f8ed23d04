/**
 * echo: the network echo, over TLS.
 *
 * @module
 */
import { run } from "./lib/cli/command.ts";

// An explicit exit, since a pending read of standard input would keep the process alive.
if (import.meta.main) Deno.exit(await run(Deno.args));
