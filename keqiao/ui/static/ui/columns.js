// The columns of a list: pulled wider at the edge of their heads, put in another place by dragging the head.
// Arrows on the edge and Shift with the arrows on the head do the same; the address keeps it.
import { composing, getHtml, process } from "./http.js";

const NARROWEST = 48;
const WIDEST = 800;
const STEP = 16;
const PADDING = 24; // of a head, as in list.css
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = "width.";

const table = () => document.querySelector("[data-list] table.rows");
const heads = () => [...table().tHead.rows[0].cells].filter((cell) => cell.dataset.f);
const within = (width) => Math.round(Math.max(NARROWEST, Math.min(WIDEST, width)));
let sizing = null;
let dragged = null;

function state() {
  const params = new URLSearchParams(document.getElementById("bulk")?.elements.state.value || "");
  return params;
}

const address = (params) => `${document.querySelector("[data-list]").dataset.list}?${params}`;

// --- widths ------------------------------------------------------------------------------------------

const colOf = (head) => table().querySelector("colgroup")?.children[head.cellIndex];
const widthOf = (head) => colOf(head)?.getAttribute("width");

function setWidth(head, width) {
  if (!table().querySelector("colgroup")) {
    const group = document.createElement("colgroup");
    for (let cell = 0; cell <= heads().length; cell += 1) group.append(document.createElement("col"));
    table().prepend(group);
  }
  colOf(head).setAttribute("width", width);
  if (!head.classList.contains("w")) {
    const label = document.createElement("span");
    label.className = "lb";
    label.append(...[...head.childNodes].filter((one) => !one.classList?.contains("grip")));
    const spacer = document.createElementNS(SVG, "svg");
    spacer.setAttribute("class", "wide");
    spacer.setAttribute("height", 1);
    head.prepend(spacer, label);
    head.classList.add("w");
  }
  head.querySelector(".wide").setAttribute("width", width - PADDING);
  for (const row of [...table().tBodies[0].rows, ...(table().tFoot?.rows || [])]) row.cells[head.cellIndex]?.classList.add("w");
  head.querySelector(".grip")?.setAttribute("aria-valuenow", width);
}

// The rows stay as they are, with what was loaded after them; what carries the address is taken anew.
async function keepWidths() {
  const params = state();
  heads().forEach((head) => widthOf(head) && params.set(WIDTH + head.dataset.f, widthOf(head)));
  const url = address(params);
  const { status, html } = await getHtml(url).catch(() => ({}));
  if (status !== 200) return;
  if (sizing) return keepSoon();
  const focused = document.activeElement?.matches(".grip") && document.activeElement.closest("th").dataset.f;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const left = table().closest(".tbl").scrollLeft;
  for (const selector of ["#part > .head", "#part > .bar", "#part table.rows > thead"]) {
    const [old, next] = [document.querySelector(selector), fresh.content.querySelector(selector)];
    if (!old || !next) continue;
    old.replaceWith(next);
    process(next);
  }
  document.getElementById("bulk").elements.state.value = params.toString();
  for (const link of document.querySelectorAll("#more a")) {
    for (const name of ["href", "hx-get"]) {
      const at = link.getAttribute(name);
      if (!at) continue;
      const more = new URL(at, location.href);
      params.forEach((value, key) => key.startsWith(WIDTH) && more.searchParams.set(key, value));
      link.setAttribute(name, more.pathname + more.search);
    }
    process(link);
  }
  table().closest(".tbl").scrollLeft = left;
  const here = new URL(location.href);
  const opened = new URL(url, location.href);
  for (const name of ["cursor", "panel", "exact"]) if (here.searchParams.has(name)) opened.searchParams.set(name, here.searchParams.get(name));
  history.replaceState(history.state, "", opened);
  ready();
  // What was changed while the server answered holds; it is kept in its turn.
  heads().forEach((head) => widthOf(head) && setWidth(head, Number(widthOf(head))));
  if (focused) document.querySelector(`th[data-f="${CSS.escape(focused)}"] .grip`)?.focus();
}

let waiting;
function keepSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(keepWidths, 600);
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip || event.button) return;
  event.preventDefault();
  const head = grip.closest("th");
  sizing = { head, from: event.clientX, width: head.getBoundingClientRect().width, moved: false };
  head.classList.add("sizing");
  grip.setPointerCapture(event.pointerId);
});
document.addEventListener("pointermove", (event) => {
  if (!sizing || event.clientX === sizing.from) return;
  sizing.moved = true;
  setWidth(sizing.head, within(sizing.width + event.clientX - sizing.from));
});
function drop() {
  if (!sizing) return;
  const { head, moved } = sizing;
  head.classList.remove("sizing");
  sizing = null;
  if (moved) keepWidths();
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

// --- order -------------------------------------------------------------------------------------------

async function reorder(names, focused) {
  const params = state();
  params.delete("columns");
  names.forEach((name) => params.append("columns", name));
  await window.htmx.ajax("GET", address(params), { target: "#part", swap: "outerHTML" });
  if (focused) document.querySelector(`th[data-f="${CSS.escape(focused)}"]`)?.querySelector("a, .grip")?.focus();
}

// The first column is the name of the record and stays where it is.
const order = () => heads().slice(1).map((head) => head.dataset.f);

function moveBy(name, step) {
  const names = order();
  const at = names.indexOf(name);
  const to = at + step;
  if (at < 0 || to < 0 || to >= names.length) return;
  names.splice(to, 0, ...names.splice(at, 1));
  reorder(names, name);
}

const unmark = () => document.querySelectorAll("th.before, th.after").forEach((one) => one.classList.remove("before", "after"));

function target(event) {
  const head = dragged && event.target.closest?.("[data-list] thead th[draggable]");
  if (!head || head === dragged) return null;
  const { left, width } = head.getBoundingClientRect();
  return { head, isAfter: event.clientX > left + width / 2 };
}

document.addEventListener("dragstart", (event) => {
  const head = event.target.closest?.("[data-list] thead th[draggable]");
  if (!head) return;
  if (sizing) return event.preventDefault();
  dragged = head;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", head.textContent.trim());
  head.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  const place = target(event);
  unmark();
  if (!place) return;
  event.preventDefault();
  place.head.classList.add(place.isAfter ? "after" : "before");
});
document.addEventListener("drop", (event) => {
  const place = target(event);
  if (!place) return;
  event.preventDefault();
  const name = dragged.dataset.f;
  const names = order().filter((one) => one !== name);
  names.splice(names.indexOf(place.head.dataset.f) + (place.isAfter ? 1 : 0), 0, name);
  reorder(names);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  unmark();
});

document.addEventListener("keydown", (event) => {
  const head = event.target.closest?.("[data-list] thead th");
  if (!head || composing(event) || !["ArrowLeft", "ArrowRight"].includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  const way = event.key === "ArrowRight" ? 1 : -1;
  if (event.shiftKey) moveBy(head.dataset.f, way);
  else if (event.target.matches(".grip")) {
    setWidth(head, within(head.getBoundingClientRect().width + way * STEP));
    keepSoon();
  } else return;
  event.preventDefault();
});

// --- the chooser: its lines are dragged into order ---------------------------------------------------

let line = null;
const sortable = (event) => event.target.closest?.("[data-sortable] li");
document.addEventListener("dragstart", (event) => {
  line = sortable(event) || null;
  line?.classList.add("dragged");
  if (line) event.dataTransfer.setData("text/plain", line.dataset.sort);
});
document.addEventListener("dragover", (event) => {
  const over = line && sortable(event);
  if (!over) return;
  event.preventDefault();
  if (over === line) return;
  const { top, height } = over.getBoundingClientRect();
  over.parentElement.insertBefore(line, event.clientY > top + height / 2 ? over.nextSibling : over);
});
document.addEventListener("drop", (event) => line && sortable(event) && event.preventDefault());
document.addEventListener("dragend", () => {
  line?.classList.remove("dragged");
  line = null;
});

// --- what only a mouse or keys need is added here ------------------------------------------------------

function ready() {
  document.querySelectorAll("[data-sortable] li").forEach((one) => (one.draggable = true));
  if (!table() || !document.getElementById("bulk")) return;
  const label = document.body.dataset.columnWidth;
  heads().forEach((head, place) => {
    if (place) head.draggable = true;
    if (head.querySelector(".grip")) return;
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.tabIndex = 0;
    grip.setAttribute("role", "separator");
    grip.setAttribute("aria-orientation", "vertical");
    grip.setAttribute("aria-label", `${label}: ${head.textContent.trim()}`);
    grip.setAttribute("aria-valuemin", NARROWEST);
    grip.setAttribute("aria-valuemax", WIDEST);
    grip.setAttribute("aria-valuenow", Math.round(head.getBoundingClientRect().width));
    head.append(grip);
  });
}

document.addEventListener("htmx:afterSettle", ready);
ready();
