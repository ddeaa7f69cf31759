// The keys of the desk: A accept, E change the choice, S skip, D dismiss, U undo, a figure for a line.
// They stand before the page's other shortcuts, and are silent while somebody types or composes.
import { composing } from "../ui/http.js";

const typing = (target) => target.closest?.("input:not([type=radio]):not([type=hidden]), textarea, select, [contenteditable]");
const desk = () => document.querySelector("[data-desk]");

function focusLine(line, option) {
  option.checked = true;
  option.focus();
  if (option.matches("[data-needs]")) line.querySelector(".desk-text .in")?.focus();
}

function turn(number) {
  const line = desk().querySelector(`[data-line="${number}"]`);
  if (!line) return false;
  const options = [...line.querySelectorAll("input[type=radio]")];
  const at = options.findIndex((option) => option.checked);
  focusLine(line, options[(at + 1) % options.length]);
  return true;
}

function edit() {
  const chosen = desk().querySelector(".desk-line input[type=radio]:checked, .desk-line input[type=radio]");
  chosen?.focus();
  return Boolean(chosen);
}

function dismiss() {
  const reason = desk().querySelector("[data-desk-reason]");
  if (!reason) return press("d");
  reason.open = true;
  reason.querySelector(".in").focus();
  return true;
}

function press(key) {
  const button = desk().querySelector(`button[data-desk-key="${key}"]`);
  button?.click();
  return Boolean(button);
}

const KEYS = { a: () => press("a"), e: edit, s: () => press("s"), d: dismiss, u: () => press("u") };

document.addEventListener(
  "keydown",
  (event) => {
    if (composing(event) || event.defaultPrevented || document.documentElement.dataset.keys === "off") return;
    if (!desk() || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") {
        event.target.blur();
        event.preventDefault();
      }
      return;
    }
    const key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key) ? turn(key) : KEYS[key]?.()) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

// A reason or another value, chosen by mouse: the box to write it into is at hand.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-desk] input[data-needs]")) focusLine(event.target.closest(".desk-line"), event.target);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const part = event.target.id === "desk" ? desk() : null;
  (part?.querySelector("[role=alert]") || part?.querySelector("[data-desk-title]"))?.focus();
});
