// Dialogs come from the server into #dialog; here they are shown, closed and given the focus.
import { process } from "./http.js";

const LET_GO = 600; // milliseconds until the browser has taken the form
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
  frame.addEventListener("close", () => {
    // What was changed in the background is on the page as soon as its dialog is gone, however it went.
    if (frame.querySelector("[data-reload]")) location.reload();
    frame.remove();
  });
  frame.addEventListener("click", (event) => event.target === frame && frame.close());
  const title = frame.querySelector("h2");
  if (title) {
    title.id = "dialog-title";
    frame.setAttribute("aria-labelledby", title.id);
  }
  frame.showModal();
}

// How the part around a link is swapped is inherited by the link; a dialog always goes into its place.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === host()) event.detail.swapOverride = "innerHTML";
});

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
});

// A file comes as a download: the browser stays on the page, so the dialog has to go by itself.
document.addEventListener("submit", (event) => {
  const frame = event.target.matches("form[data-plain]") && event.target.closest("dialog");
  if (frame) setTimeout(() => frame.close(), LET_GO);
});

document.addEventListener("closeDialog", () => host().querySelector("dialog")?.close());
