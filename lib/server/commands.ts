/**
 * The commands of a client: `quit` brings its history (002), `exit` and the empty text only end.
 *
 * @module
 */
import type { Command } from "../wire/commands.ts";
import { Kind } from "../wire/kind.ts";
import { sendMsg } from "../wire/message.ts";
import { encodeCount } from "../wire/payloads.ts";
import { eventFields } from "./connection.ts";
import type { LoopOptions } from "./loop.ts";

/** Runs a command; the connection ends with it. */
export async function runCommand(options: LoopOptions, command: Command): Promise<void> {
  const { context } = options;
  await context.sink.emit({ type: "command", ...eventFields(context), command });
  if (command === "quit") await sendHistory(options);
}

/** In one turn of the queue, and as the last message: the client counts the frames that follow. */
async function sendHistory({ context, io, history, subscriber }: LoopOptions): Promise<void> {
  const { queue, codec } = io;
  const { count, truncationNotice } = history;
  if (subscriber !== null) context.hub?.leave(subscriber);
  await queue.exclusive(async (sink) => {
    if (truncationNotice !== null) {
      await sendMsg(sink, codec, Kind.notice, new TextEncoder().encode(truncationNotice));
    }
    await sendMsg(sink, codec, Kind.history, encodeCount(count));
    await history.replay(sink);
  });
}
