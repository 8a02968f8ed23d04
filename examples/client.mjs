// A WebSocket client of the echo server, for Node 22 and newer, Deno and Bun:
//   NODE_EXTRA_CA_CERTS=certs/ca.pem node client.mjs wss://localhost:12345/ Hello
const [url, ...messages] = process.argv.slice(2);
const socket = new WebSocket(url);
const sent = [];

socket.onopen = () => {
  for (const message of messages) {
    socket.send(message);
    sent.push({ message, at: performance.now() });
  }
  if (messages.length === 0) socket.close(1000);
};

// Echoes come in the order of the messages. With -b others may come between them.
socket.onmessage = ({ data }) => {
  const [due] = sent;
  if (due?.message !== data) return console.log(`other: ${data}`);
  console.log(`echo: ${data}`);
  console.error(`${(performance.now() - due.at).toFixed(1)} ms`);
  sent.shift();
  if (sent.length === 0) socket.close(1000);
};

socket.onclose = ({ code, reason }) => {
  if (sent.length === 0 && code === 1000) return;
  console.error(`lost: code ${code} ${reason}`);
  process.exitCode = 3;
};
