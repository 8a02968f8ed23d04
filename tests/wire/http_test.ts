import fc from "fast-check";
import {
  framingOf,
  HeadDecoder,
  HttpError,
  isRequestHead,
  recvBody,
  type RequestHead,
} from "../../lib/wire/http.ts";
import { encodeResponse } from "../../lib/wire/http_response.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import { recvMsg } from "../../lib/wire/message.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { cut, drip, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const HOST = "Host: a\r\n";

const headOf = (source: ByteSource) => {
  const reader = new ByteReader(source);
  return recvMsg(reader, new HeadDecoder(reader));
};

async function statusOf(text: string | Uint8Array): Promise<number> {
  const bytes = typeof text === "string" ? utf8(text) : text;
  const of = async (source: ByteSource) => {
    try {
      const reader = new ByteReader(source);
      const head = await recvMsg(reader, new HeadDecoder(reader));
      await recvBody(reader, framingOf(head!));
      return 200;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return error.status;
    }
  };
  const [whole, dripped] = [await of(pieces(bytes)), await of(drip(bytes.subarray(0, 3000)))];
  if (bytes.length <= 3000) assertEquals(dripped, whole, String(text));
  return whole;
}

Deno.test("http: a head is its method, its target and its headers", PURE, async () => {
  const text = "POST /echo?a=1 HTTP/1.1\r\nHost: [::1]:7\r\nX-One:  two \r\nx-one:three\r\n\r\n";
  const head: RequestHead = {
    method: "POST",
    target: "/echo?a=1",
    isHttp11: true,
    headers: [["host", "[::1]:7"], ["x-one", "two"], ["x-one", "three"]],
  };
  for (const source of [pieces(utf8(text)), drip(utf8(text))]) {
    assertEquals(await headOf(source), head);
  }
  assertEquals(await headOf(pieces()), null);
});

const ODD: [what: string, head: string, status: number][] = [
  ["HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n", 200],
  ["a tab in a value", `GET / HTTP/1.1\r\n${HOST}A: b\tc\r\n\r\n`, 200],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two of them", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
  ["LF alone", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["a folded line", `GET / HTTP/1.1\r\n${HOST} b\r\n\r\n`, 400],
  ["a space before a colon", `GET / HTTP/1.1\r\nHost : a\r\n\r\n`, 400],
  ["a header without a colon", `GET / HTTP/1.1\r\n${HOST}b\r\n\r\n`, 400],
  ["an empty name", `GET / HTTP/1.1\r\n${HOST}: b\r\n\r\n`, 400],
  ["a NUL in a value", `GET / HTTP/1.1\r\n${HOST}A: \0\r\n\r\n`, 400],
  ["a CR in a value", `GET / HTTP/1.1\r\n${HOST}A: b\rc\r\n\r\n`, 400],
  ["two spaces", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["no target", `GET HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target that is no path", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a whole URL as a target", `GET http://a/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["no version", `GET /\r\n${HOST}\r\n`, 400],
  ["lower case", `GET / http/1.1\r\n${HOST}\r\n`, 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["HTTP/1.2", `GET / HTTP/1.2\r\n${HOST}\r\n`, 505],
  ["no HTTP at all", "\x16\x03\x01\x02\x00", 400],
  ["a head that is cut off", `GET / HTTP/1.1\r\n${HOST}`, 400],
  ["a long request line", `GET /${"a".repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
  ["a request line without an end", `GET /${"a".repeat(9000)}`, 414],
  ["a long head", `GET / HTTP/1.1\r\n${HOST}A: ${"b".repeat(17_000)}\r\n\r\n`, 431],
  ["many lines", `GET / HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(100)}\r\n`, 431],
  ["a length that is no number", `GET / HTTP/1.1\r\n${HOST}Content-Length: 1a\r\n\r\n`, 400],
  ["a negative length", `GET / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, 400],
  ["two lengths", `GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`, 400],
  ["a body that is too long", `GET / HTTP/1.1\r\n${HOST}Content-Length: 1048577\r\n\r\n`, 413],
  ["a body that is cut off", `GET / HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\na`, 400],
  [
    "a length and chunks",
    `GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ["another coding", `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
  ["chunks in HTTP/1.0", `GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
];

Deno.test("http: each odd request has its status, also byte by byte", PURE, async () => {
  for (const [what, head, status] of ODD) {
    assertEquals([what, await statusOf(head)], [what, status]);
  }
});

const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

Deno.test("http: chunks are put together, and odd ones refused", PURE, async () => {
  const bodyOf = async (chunks: string) => {
    const reader = new ByteReader(drip(utf8(CHUNKED + chunks)));
    const head = await recvMsg(reader, new HeadDecoder(reader));
    return new TextDecoder().decode(await recvBody(reader, framingOf(head!)));
  };
  assertEquals(await bodyOf("3\r\nabc\r\n0A ; x=y\r\n0123456789\r\n0\r\n\r\n"), "abc0123456789");
  assertEquals(await bodyOf("1\r\na\r\n0\r\nTrailer: yes\r\n\r\n"), "a");
  const odd: [string, number][] = [
    ["x\r\n", 400],
    ["-1\r\n", 400],
    ["1\nab\r\n", 400],
    ["1\r\nab\r\n", 400],
    ["2\r\na", 400],
    [`${"f".repeat(9)}\r\n`, 400],
    ["100001\r\n", 413],
    [`1;${"x".repeat(9000)}`, 400],
    [`0\r\n${"A: b\r\n".repeat(200)}`, 431],
  ];
  for (const [chunks, status] of odd) {
    const { status: actual } = await assertRejects(() => bodyOf(chunks), HttpError);
    assertEquals([chunks.slice(0, 20), actual], [chunks.slice(0, 20), status]);
  }
});

Deno.test(
  "http: any bytes are a head, an HttpError or an end, however they are cut",
  PURE,
  async () => {
    const piece = fc.constantFrom(
      "GET ",
      "/",
      " HTTP/1.1",
      "\r\n",
      "Host: a",
      "\r",
      "\n",
      ":",
      " ",
      "\0",
    );
    await fc.assert(fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      async (words, points) => {
        const bytes = utf8(words.join(""));
        const outcome = (source: ByteSource) =>
          headOf(source).then((head) => JSON.stringify(head), (error) => {
            if (!(error instanceof HttpError)) throw error;
            return error.status;
          });
        assertEquals(await outcome(cut(bytes, points)), await outcome(pieces(bytes)));
      },
    ));
  },
);

Deno.test("http: only a whole head is taken for one", PURE, () => {
  const is = (text: string) => isRequestHead(utf8(text));
  assertEquals(
    [
      is(`GET / HTTP/1.1\r\n${HOST}\r\n`),
      is("BREW /pot HTTP/1.0\r\n\r\n"),
      is("GET / HTTP/1.1\r\n\r\nmore"),
    ],
    [true, true, true],
  );
  for (
    const text of ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\n\n", "hello\r\n\r\n", "GET /\r\n\r\n"]
  ) {
    assertEquals([text, is(text)], [text, false]);
  }
});

Deno.test("http: an answer has the length of its body, and none for HEAD", PURE, () => {
  const text = (isHead: boolean) =>
    new TextDecoder().decode(
      encodeResponse({ status: 200, headers: [["A", "b"]], body: utf8("hello") }, isHead),
    );
  const head = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n";
  assertEquals([text(false), text(true)], [`${head}hello`, head]);
  const empty = encodeResponse({ status: 204, body: null });
  assertEquals(new TextDecoder().decode(empty), "HTTP/1.1 204 No Content\r\n\r\n");
});
