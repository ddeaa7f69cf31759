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
  await openAt(link, row.querySelector(".ck input")?.value);
}

async function openAt(link, id) {
  running?.abort();
  running = new AbortController();
  try {
    const { status, html } = await getHtml(`${link.pathname}?part=panel`, running.signal);
    if (status !== 200) return location.assign(link.href);
    panel().innerHTML = html;
    process(panel());
    remember(id);
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
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button || event.target.closest("button, input, label, form") || (link && !onTitle)) return;
  if (String(getSelection())) return;
  event.preventDefault();
  openPanel(row);
});

document.addEventListener("dblclick", (event) => {
  const link = event.target.closest("#rows td.tt")?.querySelector("a");
  if (link && !event.target.closest("button, input, form")) location.assign(link.href);
});

// The address names a record that may stand on another page of the list, or none at all.
const wanted = new URLSearchParams(location.search).get("panel");
const list = document.querySelector("[data-list]")?.dataset.list;
if (/^[1-9]\d{0,18}$/.test(wanted || "") && list && panel()) {
  const row = document.querySelector(`#rows .ck input[value="${wanted}"]`)?.closest("tr");
  const address = new URL(`${list}${wanted}/`, location.href);
  if (!wideEnough()) location.replace(address);
  else if (row) openPanel(row);
  else getHtml(`${address.pathname}?part=panel`).then(({ status }) => (status === 200 ? openAt(address, wanted) : remember(null)));
}
