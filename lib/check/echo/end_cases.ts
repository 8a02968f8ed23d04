/**
 * The cases of how a client ends.
 *
 * @module
 */
import { concat } from "../../std.ts";
import { encodeFrame, Opcode } from "../../wire/websocket_frames.ts";
import { type Case, Wrong } from "../case.ts";
import { ANSWER_MS, expectEcho } from "../judge.ts";
import { digits, line } from "../payloads.ts";
import type { Server } from "../server.ts";

const MIB = 1024 * 1024;

/** The client ends its side of the connection. */
export const END_CASES: readonly Case<Server>[] = [
  {
    id: "half-close",
    title: "after the client has ended its side, the echo comes and then the end",
    async run(server) {
      const probe = await server.connect();
      const { sent, wanted } = server.message(line("1234567890"));
      await probe.send(sent);
      await probe.end();
      await expectEcho(probe, wanted);
      if (await probe.waitForEnd(ANSWER_MS)) return "the echo came, and then the end";
      const saw = `the connection was still open ${ANSWER_MS / 1000} s after the client had ended`;
      throw new Wrong(saw, "never closes: it must close when its read returns no bytes");
    },
  },
  {
    id: "tail",
    title: "1 MiB that is followed by the end at once comes back whole",
    timeout: 20_000,
    async run(server) {
      const probe = await server.connect();
      const { sent, wanted } = server.message(digits(MIB));
      await probe.send(sent);
      await probe.end();
      await expectEcho(probe, wanted, [], 5_000);
      return "all came back";
    },
  },
];

/** A WebSocket ends with a Close frame. */
export const CLOSE_CASES: readonly Case<Server>[] = [
  {
    id: "close",
    title: "a Close frame is answered by one, after the echo, and then comes the end",
    async run(server) {
      const probe = await server.connect();
      const { sent, wanted } = server.message(line("1234567890"));
      const code = new Uint8Array([0x03, 0xe8]); // 1000, a normal closure (RFC 6455, 7.4.1)
      const mask = crypto.getRandomValues(new Uint8Array(4));
      await probe.send(concat([sent, encodeFrame(Opcode.close, code, mask)]));
      await expectEcho(probe, concat([wanted, encodeFrame(Opcode.close, code)]));
      if (await probe.waitForEnd(ANSWER_MS)) return "the echo, a Close frame and the end came";
      throw new Wrong("the connection was still open", "never closes after a Close frame");
    },
  },
];
