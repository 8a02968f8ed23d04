/**
 * The files of the page. They are imported as texts, so that they are a part of the program: there is
 * no file to find and no permission to read it.
 *
 * @module
 */
import { fileResponse, type Response } from "../wire/http_response.ts";
import html from "./page/page.html" with { type: "text" };
import script from "./page/page.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };

/** The answers by their paths. */
export const PAGE: Readonly<Record<string, Response>> = {
  "/": file("text/html", html),
  "/page.js": file("text/javascript", script),
  "/page.css": file("text/css", style),
  "/favicon.ico": { status: 204, body: null },
};

/** A browser asks each time whether there is a newer one. */
function file(type: string, content: string): Response {
  const response = fileResponse(type, content);
  return { ...response, headers: [...response.headers ?? [], ["Cache-Control", "no-cache"]] };
}
