import { suggestion } from "../../lib/text/suggest.ts";
import { assertEquals } from "../support/assert.ts";

const COMMANDS = ["server", "client", "bench", "cert", "demo-udp"];

Deno.test(
  "suggestion() is the closest known word, if one is close",
  { permissions: "none" },
  () => {
    const words = {
      "servr": "server",
      "clinet": "client",
      "sever": "server",
      "demo-upd": "demo-udp",
      "certs": "cert",
      "serv": "server",
      "x": null,
      "listen": null,
      "": null,
    };
    for (const [word, wanted] of Object.entries(words)) {
      assertEquals(suggestion(word, COMMANDS), wanted, word);
    }
    assertEquals(suggestion("anything", []), null);
  },
);
