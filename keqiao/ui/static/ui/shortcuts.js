// Keyboard shortcuts; silent while somebody types, while an input method composes, or when switched off.
// A page takes part by its attributes: data-create, data-edit, data-followup, data-task, data-assign,
// data-stage, data-filter, data-find. The open record at the side of a list comes before the page.
import { openCommands } from "./commands.js";
import { showDialog } from "./dialogs.js";
import { closeHelp } from "./help.js";
import { composing, getHtml } from "./http.js";
import { closePanel, current, move, openPanel } from "./panel.js";
import { actOnRow } from "./row_actions.js";
import { update } from "./selection.js";

const GO_PAUSE = 1200;
let goUntil = 0;

const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const inSight = (element) => element.getClientRects().length > 0 && !element.matches(":disabled, [aria-disabled=true]");
const press = (selector) => {
  const element = [...document.querySelectorAll(selector)].find(inSight);
  element?.click();
  return Boolean(element);
};
const act = (name) => press(`#panel [data-${name}]`) || actOnRow(name) || press(`[data-${name}]`);
const openNew = () => {
  if (!press("[data-new]")) return false;
  document.querySelector(".newmenu .pop a")?.focus();
  return true;
};

function tick() {
  const box = current()?.querySelector(".ck input");
  if (!box) return false;
  box.checked = !box.checked;
  update();
  return true;
}

function openFull() {
  const link = document.querySelector("#panel [data-full]") || current()?.querySelector(".tt a");
  if (link) location.assign(link.href);
  return Boolean(link);
}

function focusFind() {
  const box = document.querySelector("[data-find]");
  if (box) box.focus();
  else openCommands();
  return true;
}

async function help() {
  const { status, html } = await getHtml("/help/keys/");
  if (status === 200) showDialog(html);
}

function star() {
  const button = current()?.querySelector(".st");
  if (!button) return press("[data-star]");
  button.click();
  return true;
}

const KEYS = {
  "?": () => (help(), true),
  "/": focusFind,
  c: () => press("[data-create]") || openNew(),
  e: () => act("edit"),
  f: () => press("[data-filter]"),
  l: () => act("followup"),
  t: () => act("task"),
  a: () => act("assign"),
  s: () => act("stage"),
  j: () => press(".pos [rel=next][href]") || (move(1), true),
  k: () => press(".pos [rel=prev][href]") || (move(-1), true),
  x: tick,
  b: star,
  o: () => current() && (openPanel(current()), true),
};

document.addEventListener("keydown", (event) => {
  if (composing(event) || event.defaultPrevented || document.documentElement.dataset.keys === "off") return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (typing(event.target)) event.target.blur();
    else if (!closeHelp() && !closePanel()) press("[data-unselect]");
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "Enter" && current() && !event.target.closest("a, button, summary, input")) {
    openFull();
    return;
  }
  const key = event.key.toLowerCase();
  if (goUntil > event.timeStamp) {
    goUntil = 0;
    if (press(`[data-go="${CSS.escape(key)}"]`)) event.preventDefault();
    return;
  }
  if (key === "g") {
    goUntil = event.timeStamp + GO_PAUSE;
    return;
  }
  if (KEYS[key]?.()) event.preventDefault();
});
