/**
 * `Type=notify` of systemd: when the server is ready, what it is doing, and that it still runs.
 *
 * @module
 */
import { openServiceManager, type ServiceManager } from "../net/notify.ts";
import type { EmittedEvent, Sink } from "../server/events.ts";
import { variable } from "./variable.ts";

/** How often the number of connections is sent, in milliseconds, if it has changed. */
const STATUS_INTERVAL_MS = 5_000;

/** Tells the service manager what the events of the server mean. */
export class ServiceNotifier implements Sink, Disposable {
  /** Only connections matter. */
  readonly wantsMessages = false;
  readonly #manager: ServiceManager;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #connections = 0;
  #shown = "";

  private constructor(manager: ServiceManager) {
    this.#manager = manager;
    this.#timers.push(setInterval(() => this.#notifyStatus(), STATUS_INTERVAL_MS));
    const every = watchdogInterval();
    if (every !== null) {
      // From the event loop: a server whose loop hangs is started again.
      this.#timers.push(setInterval(() => manager.notify("WATCHDOG=1"), every));
    }
  }

  /** Null where no manager has started this process, or it cannot be told. */
  static open(): ServiceNotifier | null {
    const path = variable("NOTIFY_SOCKET");
    const manager = path === null ? null : openServiceManager(path);
    return manager && new ServiceNotifier(manager);
  }

  /** As in `Sink`. */
  emit(event: EmittedEvent): void {
    if (event.type === "server-start") {
      this.#manager.notify("READY=1");
      this.#notifyStatus();
    } else if (event.type === "client-connect") this.#connections++;
    else if (event.type === "client-close") this.#connections--;
  }

  /** The certificate and the log are opened again until `done`. */
  async reloading(done: Promise<unknown>): Promise<void> {
    this.#manager.notify("RELOADING=1");
    await done;
    this.#manager.notify("READY=1");
  }

  /** The server stops. */
  stopping(): void {
    this.#manager.notify("STOPPING=1", "STATUS=waiting for clients to take their echoes");
  }

  /** As in `Sink`. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends its timers. */
  [Symbol.dispose](): void {
    this.#timers.forEach(clearInterval);
  }

  #notifyStatus(): void {
    const noun = this.#connections === 1 ? "connection" : "connections";
    const status = `STATUS=${this.#connections} ${noun}`;
    if (status !== this.#shown) this.#manager.notify(status);
    this.#shown = status;
  }
}

/** Half the time within which the manager wants a sign of life (WatchdogSec), in milliseconds. */
function watchdogInterval(): number | null {
  const microseconds = Number(variable("WATCHDOG_USEC"));
  return microseconds > 0 ? Math.max(1, Math.floor(microseconds / 2000)) : null;
}
