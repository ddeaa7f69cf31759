// Values are changed where they stand: in the cells of a list, walked with the arrows, and on a record's page.
// Enter, F2 or a double click edits; Enter saves, Tab saves and moves on, Esc restores.
import { composing, getHtml, post, process, word } from "./http.js";
import { showDialog } from "./dialogs.js";
import { current, mark, move, openPanel } from "./panel.js";
import { update } from "./selection.js";
import { toast } from "./toasts.js";

const rows = () => [...document.querySelectorAll("[data-list] #rows tr")];
const cellsOf = (row) => [...row.cells].filter((cell) => !cell.classList.contains("ck"));
const here = () => (document.activeElement?.matches("#rows td") ? document.activeElement : null);
const isGrid = () => matchMedia("(min-width: 768px)").matches;
let editing = null;
let asked = null; // the cell whose conflict the dialog is about
let pressed = null;

function ready() {
  const table = document.querySelector("[data-list] table.rows");
  if (!table || !isGrid()) return;
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", table.closest("[data-list]").getAttribute("aria-label"));
  if (!table.querySelector("td[tabindex='0']")) table.querySelector("#rows td.tt")?.setAttribute("tabindex", "0");
}

function stand(cell) {
  if (!cell) return;
  document.querySelectorAll("#rows td[tabindex='0']").forEach((one) => one !== cell && (one.tabIndex = -1));
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function step(cell, across, down) {
  const row = cell.parentElement;
  const all = rows();
  const next = all[all.indexOf(row) + down];
  if (down && next) {
    if (document.getElementById("panel")?.childElementCount) move(down);
    else mark(next);
    stand(next.cells[cell.cellIndex]);
  } else if (across) stand(cellsOf(row)[cellsOf(row).indexOf(cell) + across] || null);
}

// --- editing ---------------------------------------------------------------------------------------

function addressOf(cell) {
  const list = cell.closest("[data-list]");
  if (list) {
    const name = cell.closest("table").tHead?.rows[0].cells[cell.cellIndex]?.dataset.f;
    const id = cell.parentElement.querySelector(".ck input")?.value;
    return name && id ? `${list.dataset.list}${id}/cell/${name}/` : "";
  }
  const place = document.querySelector("[data-position]");
  return cell.dataset.f && place ? `${place.dataset.path}${place.dataset.position}/cell/${cell.dataset.f}/?wide=1` : "";
}

const boxes = (form) => [...form.querySelectorAll("input:not([type=hidden]), select, textarea")];

function fill(form) {
  process(form);
  form.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  const box = form.querySelector("[aria-invalid=true], input:checked") || boxes(form)[0];
  box?.focus();
  if (box?.select && box.type !== "radio" && box.type !== "checkbox") box.select();
}

async function edit(cell) {
  const url = cell && addressOf(cell);
  if (!url || editing || cell.dataset.busy) return;
  cell.dataset.busy = "1";
  try {
    const { status, html } = await getHtml(url);
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const form = status === 200 && holder.content.querySelector("form");
    if (!form) return void toast(status === 200 ? holder.content.textContent : word("failed"), true);
    editing = { cell, url, form, kept: [...cell.childNodes], busy: false };
    cell.classList.add("editing");
    cell.replaceChildren(form);
    fill(form);
  } catch {
    toast(word("offline"), true);
  } finally {
    delete cell.dataset.busy;
  }
}

const lineOf = (element) => element.closest(".fields > div, .kv dd");

// On a record's page the value may stand at the left and among the details, and in its head.
function put(cell, html) {
  const name = cell.matches(".tt") && cell.querySelector("a > span:last-child");
  const places = cell.matches("td") ? [cell] : document.querySelectorAll(`:is(.fields, .kv) [data-f="${cell.dataset.f}"]`);
  if (name) name.innerHTML = html;
  else places.forEach((one) => (one.innerHTML = html));
  places.forEach(process);
  if (!cell.matches("td")) document.body.dispatchEvent(new CustomEvent("recordChanged"));
  if (document.getElementById("panel")?.childElementCount && cell.parentElement === current()) openPanel(current());
}

function close() {
  const { cell, kept } = editing;
  editing = null;
  cell.classList.remove("editing");
  cell.replaceChildren(...kept);
  return cell;
}

function rest(cell) {
  if (cell.matches("#rows td")) stand(cell);
  else lineOf(cell)?.querySelector("a.edit")?.focus();
}

// Answers whether the value is saved, so that moving on waits for it.
async function save() {
  const now = editing;
  if (!now || now.busy) return false;
  now.busy = true;
  try {
    const answer = await post(now.url, new FormData(now.form));
    const html = await answer.text();
    if (editing !== now) return false;
    if (answer.status === 200) {
      put(close(), html);
      const told = JSON.parse(answer.headers.get("HX-Trigger") || "{}");
      if (told.toast) toast(told.toast.text);
      document.body.dispatchEvent(new CustomEvent("valueKept"));
      return true;
    }
    if (answer.status === 422) {
      const holder = document.createElement("template");
      holder.innerHTML = html;
      now.form = holder.content.querySelector("form");
      now.cell.replaceChildren(now.form);
      fill(now.form);
    } else if (answer.status === 409) {
      asked = close();
      showDialog(html);
    } else toast(word("failed"), true);
  } catch {
    toast(word("offline"), true);
  } finally {
    now.busy = false;
  }
  return false;
}

async function saveAnd(then) {
  const { cell } = editing || {};
  if (await save()) then(cell);
}

function whileEditing(event) {
  const { form, cell } = editing;
  if (event.key === "Escape") rest(close());
  else if (event.key === "Enter" && !(event.shiftKey && event.target.matches("textarea"))) saveAnd(rest);
  else if (event.key === "Tab") {
    const all = boxes(form);
    const at = all.indexOf(event.target) + (event.shiftKey ? -1 : 1);
    const isGroup = event.target.type === "radio";
    if (all[at] && !isGroup) return;
    if (!cell.matches("#rows td")) return void saveAnd(() => {});
    saveAnd((one) => {
      step(one, event.shiftKey ? -1 : 1, 0);
      const next = here();
      if (next && next !== one && !next.matches(".tt")) edit(next);
    });
  } else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function tickTo(cell, down) {
  const row = cell.parentElement;
  const next = rows()[rows().indexOf(row) + down];
  if (!next) return;
  [row, next].forEach((one) => (one.querySelector(".ck input").checked = true));
  document.getElementById("bulk").elements.all.value = "";
  update();
  mark(next);
  stand(next.cells[cell.cellIndex]);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  if (composing(event) || event.defaultPrevented) return;
  if (editing && editing.form.contains(event.target)) return whileEditing(event);
  const line = event.key === "F2" && event.target.matches("a.edit") && lineOf(event.target);
  if (line) {
    event.preventDefault();
    return void edit(line.querySelector("[data-f]"));
  }
  if (!isGrid() || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  let cell = here();
  if (!cell && event.key === "F2" && current()) cell = current().cells[2];
  if (!cell) return;
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey && arrow[1]) tickTo(cell, arrow[1]);
  else if (arrow) step(cell, ...arrow);
  else if (event.key === "Home" || event.key === "End") stand(cellsOf(cell.parentElement).at(event.key === "Home" ? 0 : -1));
  else if (event.key === "Enter" && cell.matches(".tt")) location.assign(cell.querySelector("a").href);
  else if (event.key === "Enter" || event.key === "F2") edit(cell);
  else if (event.key === " ") openPanel(cell.parentElement);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.celledit")) return;
  event.preventDefault();
  saveAnd(rest);
});

// A click elsewhere keeps what was typed, as in a spreadsheet.
document.addEventListener("focusout", (event) => {
  const now = editing;
  if (!now?.form.contains(event.target)) return;
  setTimeout(() => {
    if (editing === now && document.hasFocus() && !now.form.contains(document.activeElement)) save();
  }, 0);
});

document.addEventListener("pointerdown", (event) => {
  pressed = event.pointerType === "mouse" ? event.target.closest("[data-list] #rows td:not(.ck)") : null;
  if (pressed && pressed !== editing?.cell && !event.target.closest("a, button, input")) {
    document.querySelectorAll("#rows td[tabindex='0']").forEach((one) => (one.tabIndex = -1));
    pressed.tabIndex = 0;
  }
});

// The side panel of the first click may have moved the columns: what counts is the cell that was pressed.
document.addEventListener("dblclick", (event) => {
  if (!pressed || pressed.matches(".tt") || event.target.closest("a, button, input, form")) return;
  getSelection()?.removeAllRanges();
  edit(pressed);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("form.celledit") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const value = lineOf(event.target)?.querySelector("[data-f]");
  const onLink = event.target.closest("a.edit");
  if (!value || (!onLink && (!event.target.closest("[data-f]") || event.target.closest("a, button, input") || String(getSelection())))) return;
  event.preventDefault();
  edit(value);
});

document.addEventListener("cellSaved", (event) => {
  if (!asked) return;
  put(asked, event.detail.html);
  rest(asked);
  asked = null;
});

document.addEventListener("htmx:afterSettle", ready);
ready();
