/**
 * The page: an echo client for browsers.
 *
 * @module
 */

/** Its markup. Scripts and styles are files of their own, since the CSP allows none inline. */
export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>echo</title>
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header>
  <h1>echo</h1>
  <span id="server"></span>
  <span id="state" role="status">connecting</span>
  <button id="toggle" type="button">Disconnect</button>
</header>
<p id="hint" hidden></p>
<main>
  <ol id="log" role="log" aria-label="Messages" aria-live="polite" tabindex="0"></ol>
</main>
<footer>
  <form id="form">
    <label for="message" class="hidden">Message</label>
    <input id="message" autocomplete="off" autofocus placeholder="A message, then Enter">
    <label class="option"><input id="hex" type="checkbox"> bytes</label>
    <button type="submit">Send</button>
  </form>
  <dl>
    <div><dt>sent</dt><dd id="sent">0</dd></div>
    <div><dt>echoed</dt><dd id="echoed">0</dd></div>
    <div><dt>others</dt><dd id="others">0</dd></div>
    <div><dt>last</dt><dd id="last">&ndash;</dd></div>
    <div><dt>median</dt><dd id="median">&ndash;</dd></div>
  </dl>
</footer>
</body>
</html>
`;
