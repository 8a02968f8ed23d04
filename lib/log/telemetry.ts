/**
 * OpenTelemetry: one span for each connection, one counter for messages and one for their bytes.
 * Deno exports them itself where `OTEL_DENO=true` is set; without it there is no such sink.
 *
 * @module
 */
import type { ConnectionEvent, EmittedEvent, Sink } from "../server/events.ts";

/** The parts of OpenTelemetry's interfaces that are used; Deno has them without types. */
interface Span {
  setAttributes(attributes: Attributes): void;
  setStatus(status: { code: number; message?: string }): void;
  addEvent(name: string, attributes: Attributes, time: number): void;
  end(time: number): void;
}

type Attributes = Record<string, string | number>;

interface Tracer {
  startSpan(name: string, options: { startTime: number; attributes: Attributes }): Span;
}

interface Counter {
  add(value: number, attributes: Attributes): void;
}

/** The status of a span that ended badly (SpanStatusCode.ERROR). */
const ERROR = 2;

/** Reasons that nothing is wrong with. */
const USUAL = ["quit", "exit", "empty", "end", "http", "shutdown", "probe"];

/** Puts the events of a server into spans and counters. */
export class Telemetry implements Sink {
  /** A batch of messages is one call. */
  readonly wantsMessages = true;
  readonly #tracer: Tracer;
  readonly #messages: Counter;
  readonly #bytes: Counter;
  /** The clients that are there, by their connection's number. */
  readonly #open = new Map<number, { span: Span; labels: { dialect: string } }>();

  /** `version` is that of echo. */
  constructor(version: string) {
    const meter = Deno.telemetry.meterProvider.getMeter("echo", version);
    this.#tracer = Deno.telemetry.tracerProvider.getTracer("echo", version);
    this.#messages = meter.createCounter("echo.messages", { unit: "{message}" });
    this.#bytes = meter.createCounter("echo.received", { unit: "By" });
  }

  /** As in `Sink`. */
  emit(event: EmittedEvent): void {
    switch (event.type) {
      case "client-connect": {
        const { dialect, time: startTime } = event;
        const attributes = { ...attributesOf(event), "echo.dialect": dialect };
        const span = this.#tracer.startSpan("connection", { startTime, attributes });
        this.#open.set(event.conn, { span, labels: { dialect } });
        break;
      }
      case "messages": {
        const labels = this.#open.get(event.conn)?.labels ?? {};
        this.#messages.add(event.count, labels);
        this.#bytes.add(event.bytes, labels);
        break;
      }
      case "broadcast-dropped":
        this.#open.get(event.conn)?.span.addEvent(
          "broadcast-dropped",
          { "echo.count": event.count },
          event.time,
        );
        break;
      case "client-close": {
        const span = this.#open.get(event.conn)?.span;
        this.#open.delete(event.conn);
        const { messages, bytes } = event;
        span?.setAttributes({ "echo.messages": messages, "echo.received": bytes });
        if (span !== undefined) end(span, event);
        break;
      }
      case "connection-failed": {
        const attributes = attributesOf(event);
        const span = this.#tracer.startSpan("connection", { startTime: event.time, attributes });
        end(span, event);
      }
    }
  }

  /** As in `Sink`: Deno exports what it has when the program ends. */
  flush(): Promise<void> {
    return Promise.resolve();
  }
}

/** Names of the semantic conventions where there are any. */
function attributesOf({ conn, peer }: ConnectionEvent): Attributes {
  return {
    "network.peer.address": peer.hostname,
    "network.peer.port": peer.port,
    "network.transport": "tcp",
    "echo.connection": conn,
  };
}

function end(span: Span, event: { time: number; reason: string; detail?: string }): void {
  const { time, reason, detail } = event;
  span.setAttributes({ "echo.reason": reason });
  if (!USUAL.includes(reason)) span.setStatus({ code: ERROR, message: detail ?? reason });
  span.end(time);
}
