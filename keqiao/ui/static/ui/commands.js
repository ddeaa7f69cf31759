// The command box: Ctrl+K or a click into the search; one request per pause of 120 ms.
import { composing, getHtml } from "./http.js";

const PAUSE = 120;
const dialog = document.getElementById("command");
const input = dialog?.querySelector("input");
const found = dialog?.querySelector(".found");
let timer, running, chosen = -1;

const options = () => [...found.querySelectorAll("[role=option]")];

function choose(index) {
  const all = options();
  if (!all.length) return;
  chosen = (index + all.length) % all.length;
  all.forEach((one, at) => one.setAttribute("aria-selected", String(at === chosen)));
  input.setAttribute("aria-activedescendant", all[chosen].id);
  all[chosen].scrollIntoView({ block: "nearest" });
}

async function ask() {
  running?.abort();
  running = new AbortController();
  try {
    const { status, html } = await getHtml(`/commands/?q=${encodeURIComponent(input.value)}&at=${encodeURIComponent(location.pathname)}`, running.signal);
    if (status !== 200) return;
    found.innerHTML = html;
    chosen = -1;
    choose(0);
  } catch (problem) {
    if (problem.name !== "AbortError") found.textContent = "";
  }
}

function follow(link, newTab) {
  if (!link) return;
  if (newTab) window.open(link.href, "_blank", "noopener");
  else location.assign(link.href);
  dialog.close();
}

export function openCommands(text = "") {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.value = text;
  input.focus();
  ask();
}

if (dialog) {
  const askSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  };
  // Letters still being composed into Chinese are nobody's question yet.
  input.addEventListener("input", (event) => !event.isComposing && askSoon());
  input.addEventListener("compositionend", askSoon);
  input.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "Enter") {
      const link = options()[chosen]?.querySelector("a");
      if (link) {
        event.preventDefault();
        follow(link, event.ctrlKey || event.metaKey);
      }
    }
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.querySelectorAll("[data-command]").forEach((box) => {
    // Pointer and keyboard users both land in the dialog; without JavaScript the box searches itself.
    box.addEventListener("mousedown", (event) => {
      event.preventDefault();
      openCommands(box.value);
    });
    box.addEventListener("input", () => {
      const text = box.value;
      box.value = box.defaultValue;
      openCommands(text);
    });
    box.addEventListener("keydown", (event) => event.key === "Enter" && !composing(event) && (event.preventDefault(), openCommands(box.value)));
  });
}

document.addEventListener("keydown", (event) => {
  if (composing(event) || event.key?.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  openCommands();
});
