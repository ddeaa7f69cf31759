// The command box: Ctrl+K or a click into the search; one request per pause of 120 ms.
import { showDialog } from "./dialogs.js";
import { composing, getHtml } from "./http.js";

const PAUSE = 120;
const dialog = document.getElementById("command");
const input = dialog?.querySelector("input");
const found = dialog?.querySelector(".found");
let timer, running, chosen = -1;
let answered = null; // the question the shown lines answer

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
  const asked = input.value;
  try {
    const { status, html } = await getHtml(`/commands/?q=${encodeURIComponent(asked)}&at=${encodeURIComponent(location.pathname)}`, running.signal);
    if (status !== 200) return;
    found.innerHTML = html;
    answered = asked;
    chosen = -1;
    choose(0);
  } catch (problem) {
    if (problem.name !== "AbortError") found.textContent = "";
  }
}

// What a command does: an element of the page itself, a question over the page, or another page.
async function follow(link, newTab) {
  dialog.close();
  const there = link.dataset.press && document.querySelector(`[${CSS.escape(link.dataset.press)}]`);
  if (newTab) window.open(link.href, "_blank", "noopener");
  else if (there) there.click();
  else if ("dialog" in link.dataset) {
    const { status, html } = await getHtml(link.href);
    if (status === 200) showDialog(html);
    else location.assign(link.href);
  } else location.assign(link.href);
}

// Who types fast and presses Enter means the answer to what was typed, not what still stands there.
async function take(newTab) {
  if (answered !== input.value) {
    clearTimeout(timer);
    await ask();
    if (answered !== input.value) return;
  }
  const link = options()[chosen];
  if (link) follow(link, newTab);
  else if (input.value.trim()) input.form.submit();
}

export function openCommands(text = "") {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  found.textContent = "";
  answered = null;
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
      event.preventDefault();
      take(event.ctrlKey || event.metaKey);
    }
  });
  dialog.addEventListener("click", (event) => {
    const prefix = event.target.closest("[data-prefix]");
    const link = event.target.closest(".found a");
    if (event.target === dialog) dialog.close();
    else if (prefix) {
      input.value = prefix.dataset.prefix;
      input.focus();
      ask();
    } else if (link && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      follow(link, false);
    }
  });
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
