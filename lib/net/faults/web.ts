/**
 * `http-status=CODE` and `close-reason=CODE`: other answers to a browser.
 *
 * @module
 */
import { FaultyConn } from "./faulty_conn.ts";

const STATUS_LINE = /^HTTP\/1\.1 \d{3} [^\r\n]*/;

/** A Close frame of a server has two bytes of head, and two of its code (RFC 6455, 5.5.1). */
const CLOSE_FRAME_HEAD = [0x88, 2];

/** Changes the head of an answer, or closes a WebSocket in place of its next message. */
export class WebConn extends FaultyConn {
  #isDone = false;

  /** As in `FaultyConn`. */
  protected override async harm(bytes: Uint8Array): Promise<void> {
    const { spec, report } = this.context;
    const head = new TextDecoder().decode(bytes.subarray(0, 200)).match(STATUS_LINE)?.[0];
    const isHttp = head !== undefined;
    if (this.#isDone || isHttp !== (spec.name === "http-status")) {
      return await this.inner.write(bytes);
    }
    this.#isDone = true;
    report(this.sent);
    if (!isHttp) {
      const code = [spec.value >> 8, spec.value & 0xff];
      await this.inner.write(new Uint8Array([...CLOSE_FRAME_HEAD, ...code]));
      return await this.inner.closeWrite();
    }
    await this.inner.write(new TextEncoder().encode(`HTTP/1.1 ${spec.value} Fault`));
    await this.inner.write(bytes.subarray(head.length));
  }
}
