/** `OTEL_DENO=true`: what a collector of OpenTelemetry gets. */
import { assert, assertEquals } from "../support/assert.ts";
import { runProgram, startServer } from "../support/echo.ts";

/** The runtime that CI compiles with has no OpenTelemetry. */
const isCompiled = Deno.env.has("ECHO_COMMAND");

function telemetryTest(name: string, fn: () => Promise<void>): void {
  const suffix = isCompiled ? " (skipped: a compiled echo)" : "";
  Deno.test({ name: `telemetry: ${name}${suffix}`, ignore: isCompiled, fn });
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string; doubleValue?: number };
}

interface Scope {
  scope: { name: string };
  spans?: { name: string; attributes: Attribute[]; status?: { code?: number } }[];
  metrics?: { name: string; sum?: { dataPoints: { asInt?: string; asDouble?: number }[] } }[];
}

/** A collector: it keeps what is of `echo`. */
function startCollector() {
  const scopes: Scope[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { resourceSpans = [], resourceMetrics = [] } = await request.json();
    for (const { scopeSpans = [], scopeMetrics = [] } of [...resourceSpans, ...resourceMetrics]) {
      scopes.push(...[...scopeSpans, ...scopeMetrics].filter(({ scope }) => scope.name === "echo"));
    }
    return Response.json({});
  });
  return {
    scopes,
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

for (const workers of ["1", "2"]) {
  telemetryTest(
    `a span for each connection, counters of messages; --workers ${workers}`,
    async () => {
      await using collector = startCollector();
      await using server = await startServer({
        args: ["::1", "0", "--workers", workers],
        ready: /^server is using port: (\d+)$/,
        env: collector.env,
      });
      const { code } = await runProgram(["client", "::1", `${server.port}`, "hello", "again"]);
      assertEquals(code, 0);
      server.program.signal("SIGTERM");
      assertEquals([await server.program.code, await server.program.err.text], [0, ""]);
      const spans = collector.scopes.flatMap(({ spans = [] }) => spans);
      assertEquals(spans.map(({ name }) => name), ["connection"]);
      const values = new Map(spans[0]!.attributes.map(({ key, value }) => [
        key,
        value.stringValue ?? Number(value.intValue ?? value.doubleValue),
      ]));
      const of = (name: string) => values.get(name);
      assertEquals(of("network.peer.address"), "::1");
      assertEquals([of("echo.dialect"), of("echo.messages"), of("echo.received")], [
        "frames",
        1,
        11,
      ]);
      assertEquals(of("echo.reason"), "end");
      const metrics = collector.scopes.flatMap(({ metrics = [] }) => metrics);
      const total = (name: string) =>
        metrics.find((it) => it.name === name)?.sum?.dataPoints
          .reduce((sum, { asInt, asDouble }) => sum + Number(asInt ?? asDouble), 0);
      assertEquals([total("echo.messages"), total("echo.received")], [1, 11]);
    },
  );
}

telemetryTest("a connection that ends badly is a span with an error", async () => {
  await using collector = startCollector();
  await using server = await startServer({
    args: ["::1", "0", "--dialect", "frames"],
    ready: /^server is using port: (\d+)$/,
    env: collector.env,
  });
  using conn = await Deno.connect({ hostname: "::1", port: server.port });
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await new Response(conn.readable).text().catch(() => {});
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  const [span] = collector.scopes.flatMap(({ spans = [] }) => spans);
  assertEquals([span?.name, span?.status?.code], ["connection", 2]);
  const reasons = span!.attributes.filter(({ key }) => key === "echo.reason");
  assertEquals(reasons.map(({ value }) => value.stringValue), ["handshake-failed"]);
});

telemetryTest("a collector that is not there stops nothing", async () => {
  const { env } = startCollectorThatIsGone();
  await using server = await startServer({
    args: ["::1", "0", "--once"],
    ready: /^server is using port: (\d+)$/,
    env,
  });
  const { code, out } = await runProgram(["client", "::1", `${server.port}`, "hello"]);
  assert(out.includes("hello"));
  assertEquals([code, await server.program.code], [0, 0]);
});

function startCollectorThatIsGone() {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${listener.addr.port}`;
  return { env: { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT } };
}
