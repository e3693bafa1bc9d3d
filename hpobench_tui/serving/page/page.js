// Around textual.js: where the app is, how large letters are, the font that they are measured by, and the focus.
"use strict";
{
  const terminal = document.getElementById("terminal");
  const size = Number(new URLSearchParams(location.search).get("fontsize")) || 16;
  const socket = new URL("ws", location.origin + location.pathname);
  socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
  terminal.dataset.sessionWebsocketUrl = socket.href;
  terminal.dataset.fontSize = String(Math.min(Math.max(size, 6), 40));
  document.getElementById("ended").addEventListener("submit", (event) => {
    event.preventDefault();
    location.reload();
  });
  const start = window.onload;
  window.onload = async (event) => {
    const styles = ["", "bold ", "italic "];
    await Promise.allSettled(styles.map((style) => document.fonts.load(`${style}16px "Roboto Mono"`)));
    start(event);
  };
  const drawn = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      drawn.disconnect();
      const keyboard = terminal.querySelector("textarea");
      keyboard.focus(); // so that keys do something before a click
      setTimeout(() => {
        if (document.activeElement === keyboard) {
          keyboard.blur(); // the app takes itself for left alone while it starts: tell it once more
          keyboard.focus();
        }
      }, 1000);
    }
  });
  drawn.observe(document.body, { attributeFilter: ["class"] });
}
