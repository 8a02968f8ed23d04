/**
 * Which permissions each command keeps. A compiled program has all permissions of all commands
 * together, so each command gives up those that it does not need, before it does anything else.
 *
 * @module
 */

/** Every kind of permission that Deno has, except remote imports, which no command uses. */
const ALL = ["read", "write", "net", "env", "sys", "run", "ffi"] as const;

type Permission = typeof ALL[number];

/** The kinds that each command keeps. */
const KEPT: Readonly<Record<string, readonly Permission[]>> = {
  // ffi: TCP_NODELAY and shutdown of sockets; sys: its names and addresses for the certificate
  "server": ["read", "write", "net", "env", "sys", "ffi"],
  "client": ["read", "write", "net", "env"],
  // ffi: to reset a connection, and to keep the processes that a program leaves behind
  "check": ["read", "write", "net", "env", "run", "ffi"],
  "ping": ["read", "net", "env"],
  "bench": ["read", "write", "net", "env", "sys"], // sys: the name of an agent's machine
  "cert": ["read", "write", "net", "env", "sys"],
  "top": ["read", "net", "env"], // read: how this program was called
  "demo-udp": ["net", "env", "sys"],
};

/** Gives up all permissions that `command` does not need; they cannot be had again. */
export function dropPermissions(command: string): void {
  const kept = KEPT[command] ?? [];
  for (const name of ALL) if (!kept.includes(name)) Deno.permissions.revokeSync({ name });
}
