/**
 * The files of the live page. uPlot draws its two plots; both are parts of the program.
 *
 * @module
 */
import plotScript from "uplot/script" with { type: "text" };
import plotStyle from "uplot/style" with { type: "text" };
import { fileResponse, type Response } from "../wire/http_response.ts";
import html from "./page/live.html" with { type: "text" };
import script from "./page/live.js" with { type: "text" };
import style from "./page/live.css" with { type: "text" };

/** The answers by their paths. */
export const LIVE_PAGE: Readonly<Record<string, Response>> = {
  "/": fileResponse("text/html", html),
  "/live.js": fileResponse("text/javascript", script),
  "/live.css": fileResponse("text/css", style),
  "/uplot.js": fileResponse("text/javascript", plotScript),
  "/uplot.css": fileResponse("text/css", plotStyle),
  "/favicon.ico": { status: 204, body: null },
};
