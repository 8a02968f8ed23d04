/**
 * The files of the page. They are texts in modules, so that they are a part of the program: there is
 * no file to find and no permission to read it.
 *
 * @module
 */
import { fileResponse, type Response } from "../wire/http_response.ts";
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

/** A browser asks each time whether there is a newer one. */
function file(type: string, content: string): Response {
  const response = fileResponse(type, content);
  return { ...response, headers: [...response.headers ?? [], ["Cache-Control", "no-cache"]] };
}
