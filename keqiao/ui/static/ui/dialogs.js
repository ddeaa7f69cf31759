// Dialogs come from the server into #dialog; here they are shown, closed and given the focus.
import { process } from "./http.js";

const host = () => document.getElementById("dialog");

export function showDialog(html) {
  const frame = document.createElement("dialog");
  frame.innerHTML = html;
  host().replaceChildren(frame);
  process(frame);
  open(frame);
}

function open(frame) {
  if (frame.querySelector(".compare, .keysheet")) frame.classList.add("wide");
  frame.addEventListener("close", () => frame.remove());
  frame.addEventListener("click", (event) => event.target === frame && frame.close());
  const title = frame.querySelector("h2");
  if (title) {
    title.id = "dialog-title";
    frame.setAttribute("aria-labelledby", title.id);
  }
  frame.showModal();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== host()) return;
  const part = host().firstElementChild;
  if (!part || part.tagName === "DIALOG") return;
  const frame = document.createElement("dialog");
  frame.append(...host().childNodes);
  host().replaceChildren(frame);
  open(frame);
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  const frame = closer?.closest("dialog");
  if (!frame) return;
  event.preventDefault();
  frame.close();
  if (closer.hasAttribute("data-reload")) location.reload();
});

document.addEventListener("closeDialog", () => host().querySelector("dialog")?.close());
