/**
 * How the page looks, in a bright and in a dark scheme.
 *
 * @module
 */

/** Its style sheet. */
export const STYLE = `:root {
  color-scheme: light dark;
  --paper: #fbfbf9;
  --card: #ffffff;
  --ink: #1d2328;
  --soft: #5b666f;
  --line: #dfe3e2;
  --own: #0b6e69;
  --others: #7a4a00;
  --bad: #a51d2d;
  --mono: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181b;
    --card: #1b2024;
    --ink: #e7ebed;
    --soft: #9aa6ae;
    --line: #2c343a;
    --own: #5fd3c4;
    --others: #f0b45b;
    --bad: #ff8a8a;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: grid;
  grid-template-rows: auto auto 1fr auto;
  max-width: 60rem;
  margin: 0 auto;
  padding: 0 1rem;
  background: var(--paper);
  color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif;
}
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .8rem; padding: 1rem 0 .8rem; }
h1 { margin: 0; font-size: 1.3rem; letter-spacing: .02em; }
#server { color: var(--soft); font: .95rem var(--mono); overflow-wrap: anywhere; }
#state { margin-left: auto; font-size: .9rem; color: var(--soft); }
#state::before { content: "\\25cf"; margin-right: .4em; }
#state.open::before { color: var(--own); }
#state.closed::before { color: var(--bad); }
#hint { grid-row: 2; margin: 0 0 .8rem; padding: .6rem .8rem; border-left: 3px solid var(--bad); background: var(--card); }
#hint a { color: inherit; }
main { grid-row: 3; min-height: 0; }
#log {
  height: 100%;
  margin: 0;
  padding: .4rem 0;
  overflow-y: auto;
  list-style: none;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: .5rem;
}
#log li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .25rem .9rem; }
#log .text { overflow-wrap: anywhere; white-space: pre-wrap; font-family: var(--mono); font-size: .92rem; }
#log .note { color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
#log .waits { opacity: .6; }
#log .echo .note { color: var(--own); }
#log .other .text, #log .other .note { color: var(--others); }
#log .wrong .note { color: var(--bad); }
#log .info { color: var(--soft); font-size: .9rem; }
footer { grid-row: 4; padding: .8rem 0 1rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
#message { flex: 1 1 14rem; min-width: 0; padding: .55rem .7rem; font: 1rem var(--mono); }
#message, button {
  color: inherit;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: .4rem;
}
button { padding: .5rem .9rem; font: inherit; cursor: pointer; }
button:hover { border-color: var(--own); }
:focus-visible { outline: 2px solid var(--own); outline-offset: 1px; }
.option { color: var(--soft); font-size: .9rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: .7rem 0 0; color: var(--soft); font-size: .9rem; }
dl div { display: flex; gap: .4rem; }
dd { margin: 0; color: var(--ink); font-variant-numeric: tabular-nums; }
`;
