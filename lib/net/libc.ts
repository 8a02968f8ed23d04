/**
 * The system's C library, for what Deno does not expose. Optional: it needs FFI.
 *
 * @module
 */

/** The paths of libc; `deno.json` grants exactly these. */
const LIBC: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
  ],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};

/** The functions of libc that are used, with their types. */
export const SYMBOLS = {
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  fclose: { parameters: ["pointer"], result: "i32" },
  fopen: { parameters: ["buffer", "buffer"], result: "pointer" },
  fread: { parameters: ["buffer", "usize", "usize", "pointer"], result: "usize" },
  getdtablesize: { parameters: [], result: "i32" },
  getpgrp: { parameters: [], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  // Linux alone has it.
  prctl: { parameters: ["i32", "usize", "usize", "usize", "usize"], result: "i32", optional: true },
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "isize",
  },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  signal: { parameters: ["i32", "usize"], result: "usize" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
} as const;

/** The functions of libc that are used here. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let opened: Libc | null = null;

/** Opens libc once, which takes 2 ms, and keeps it open; null where it is missing or not granted. */
export function openLibc(): Libc | null {
  if (opened !== null) return opened;
  for (const path of LIBC[Deno.build.os] ?? []) {
    try {
      return opened = Deno.dlopen(path, SYMBOLS).symbols;
    } catch {
      // Missing, or not granted.
    }
  }
  return null;
}

/** A text as C has it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
