// The record at the side of a list: a click on a row opens it, the address keeps it, j/k move on.
import { getHtml, process } from "./http.js";

const panel = () => document.getElementById("panel");
const rows = () => [...document.querySelectorAll("#rows tr")];
const wideEnough = () => matchMedia("(min-width: 768px)").matches;
let running;

export const current = () => document.querySelector("#rows tr.cur");

export function mark(row) {
  rows().forEach((one) => one.classList.toggle("cur", one === row));
  row?.scrollIntoView({ block: "nearest" });
}

export function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
  mark(next);
  if (panel()?.childElementCount) openPanel(next);
}

function remember(id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set("panel", id);
  else url.searchParams.delete("panel");
  history.replaceState(history.state, "", url);
}

export async function openPanel(row) {
  const link = row?.querySelector(".tt a");
  if (!link || !panel()) return;
  mark(row);
  running?.abort();
  running = new AbortController();
  try {
    const { status, html } = await getHtml(`${link.pathname}?part=panel`, running.signal);
    if (status !== 200) return location.assign(link.href);
    panel().innerHTML = html;
    process(panel());
    remember(row.querySelector(".ck input")?.value);
  } catch (problem) {
    if (problem.name !== "AbortError") location.assign(link.href);
  }
}

export function closePanel() {
  if (!panel()?.childElementCount) return false;
  panel().replaceChildren();
  remember(null);
  current()?.querySelector(".tt a")?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-panel]")) return void closePanel();
  const row = event.target.closest("#rows tr");
  if (!row || event.defaultPrevented || !wideEnough()) return;
  const link = event.target.closest("a");
  const onTitle = link?.closest(".tt");
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button || event.target.closest("button, input, label") || (link && !onTitle)) return;
  if (String(getSelection())) return;
  event.preventDefault();
  openPanel(row);
});

document.addEventListener("dblclick", (event) => {
  const link = event.target.closest("#rows tr")?.querySelector(".tt a");
  if (link && !event.target.closest("button, input")) location.assign(link.href);
});

const wanted = new URLSearchParams(location.search).get("panel");
if (wanted && wideEnough()) openPanel(document.querySelector(`#rows .ck input[value="${CSS.escape(wanted)}"]`)?.closest("tr"));
