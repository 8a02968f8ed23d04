import { socketFailure } from "../../lib/net/socket_errors.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("socketFailure() knows a socket that could not be created from later steps", () => {
  const failure = socketFailure("failed", "::1", new Error("Too many open files (os error 24)"));
  assertEquals(
    [failure?.kind, failure?.message],
    ["failed", "cannot create a socket for ::1: too many files are open"],
  );
  const family = new Error("Address family not supported by protocol (os error 97)");
  assertEquals(
    socketFailure("unreachable", "::1", family)?.message,
    "cannot create a socket for ::1: this machine lacks that kind of address",
  );
  for (
    const text of ["Connection refused (os error 111)", "Address already in use (os error 98)"]
  ) {
    assertEquals(socketFailure("failed", "::1", new Error(text)), null);
  }
});
