/**
 * A real Chromium, driven over its DevTools protocol.
 *
 * @module
 */
import { hasTool } from "./tools.ts";

/** Whether there is a Chromium; without it the tests of the page are skipped. */
export const hasChromium: boolean = hasTool("chromium");

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
  "--window-size=900,600",
];

interface Message {
  id: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** A running browser. */
export class Browser implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #directory: string;
  readonly #outputEnded: Promise<void>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  #last = 0;

  private constructor(
    child: Deno.ChildProcess,
    directory: string,
    socket: WebSocket,
    outputEnded: Promise<void>,
  ) {
    this.#child = child;
    this.#directory = directory;
    this.#outputEnded = outputEnded;
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, result, error }: Message = JSON.parse(data);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result ?? {});
    };
  }

  /** Starts one with these flags besides the usual ones. */
  static async start(...flags: string[]): Promise<Browser> {
    const directory = await Deno.makeTempDir({ prefix: "echo-browser-" });
    const child = new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${directory}`, ...flags, "about:blank"],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const { address, ended } = readOutput(child.stderr);
    const url = await address;
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
    });
    return new Browser(child, directory, socket, ended);
  }

  /** Opens a page. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.call("Target.createTarget", { url });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    return new Page(this, String(sessionId));
  }

  /** Calls a method of the protocol. */
  call(
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return answer.promise;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    void this.call("Browser.close").catch(() => {});
    // Its helpers may hold its output a moment longer than it lives.
    await Promise.all([this.#child.status, closed, this.#outputEnded]);
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** One page. */
export class Page {
  readonly #browser: Browser;
  readonly #session: string;

  /** Of a browser. */
  constructor(browser: Browser, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  /** The value of a JavaScript expression; a promise is awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result } = await this.#browser.call("Runtime.evaluate", params, this.#session);
    return (result as { value?: unknown }).value;
  }

  /** Waits until an expression is true; fails with the text of the page when it does not become so. */
  async until(expression: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    const value = () => this.evaluate(expression).catch(() => null); // between two pages
    while (await value() !== true) {
      if (performance.now() < deadline) continue;
      throw new Error(`not ${expression} in:\n${await this.evaluate("document.body.innerText")}`);
    }
  }

  /** Types a line into what has the focus. */
  async type(text: string): Promise<void> {
    await this.#browser.call("Input.insertText", { text }, this.#session);
    for (const type of ["keyDown", "keyUp"]) {
      const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
      await this.#browser.call("Input.dispatchKeyEvent", { type, ...enter }, this.#session);
    }
  }

  /** A picture of it, PNG. */
  async picture(scheme: "light" | "dark" = "light"): Promise<Uint8Array> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#browser.call("Emulation.setEmulatedMedia", { features }, this.#session);
    const { data } = await this.#browser.call("Page.captureScreenshot", {}, this.#session);
    return Uint8Array.fromBase64(String(data));
  }
}

/** The address of the protocol, which a browser prints when it has started; and its output's end. */
function readOutput(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
): { address: Promise<string>; ended: Promise<void> } {
  const found = Promise.withResolvers<string>();
  const ended = (async () => {
    let text = "";
    for await (const piece of stderr.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const [, url] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (url !== undefined) found.resolve(url);
    }
    found.reject(new Error(`the browser did not start:\n${text}`));
  })().catch(found.reject);
  found.promise.catch(() => {});
  return { address: found.promise, ended };
}
