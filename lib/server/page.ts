/**
 * The files of the page. They are texts in modules, so that they are a part of the program: there is
 * no file to find and no permission to read it.
 *
 * @module
 */
import type { Response } from "../wire/http.ts";
import { HTML } from "./page/html.ts";
import { SCRIPT } from "./page/script.ts";
import { STYLE } from "./page/style.ts";

/** The answers by their paths. */
export const PAGE: Readonly<Record<string, Response>> = {
  "/": file("text/html", HTML),
  "/page.js": file("text/javascript", SCRIPT),
  "/page.css": file("text/css", STYLE),
  "/favicon.ico": { status: 204, body: null },
};

function file(type: string, content: string): Response {
  return {
    status: 200,
    headers: [["Content-Type", `${type}; charset=utf-8`], ["Cache-Control", "no-cache"]],
    body: new TextEncoder().encode(content),
  };
}
