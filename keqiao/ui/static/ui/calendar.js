// Calendars: entries move by mouse and by Shift+arrows; both send the form that a phone fills in.
import { composing, post, word } from "./http.js";
import { showDialog } from "./dialogs.js";
import { toast } from "./toasts.js";

const HALF_HOUR = 22; // pixels, as in calendar.css
const area = () => document.getElementById("calendar");
let dragged = null;

const clock = (halves) => `${String(Math.floor(halves / 2)).padStart(2, "0")}:${halves % 2 ? "30" : "00"}`;

async function move(entry, whereto) {
  const [object, id] = entry.dataset.entry.split(":");
  const { version, field } = entry.dataset;
  const next = location.pathname + location.search;
  entry.classList.add("dragged");
  let answer;
  try {
    answer = await post("/calendar/move/", { object, id, version, field, end_field: entry.dataset.endField, next, ...whereto });
  } catch {
    entry.classList.remove("dragged");
    toast(word("offline"), true);
    return;
  }
  const text = await answer.text();
  if (answer.status === 409 || answer.status === 422) showDialog(text);
  else if (!answer.ok) toast(word("failed"), true);
  else toast(text);
  await refresh(entry.dataset.entry);
}

async function refresh(key) {
  if (!area()) return location.reload();
  await window.htmx.ajax("GET", location.pathname + location.search, { target: "#calendar", swap: "outerHTML", select: "#calendar" });
  if (!document.querySelector("#dialog dialog")) document.querySelector(`[data-entry="${CSS.escape(key)}"]`)?.focus();
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".ev[draggable]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.entry);
  dragged.classList.add("dragged");
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  document.querySelectorAll(".cal .over").forEach((one) => one.classList.remove("over"));
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  const place = dragged && event.target.closest("[data-drop-day]");
  if (!place) return;
  event.preventDefault();
  document.querySelectorAll(".cal .over").forEach((one) => one !== place && one.classList.remove("over"));
  place.classList.add("over");
});
document.addEventListener("drop", (event) => {
  const place = dragged && event.target.closest("[data-drop-day]");
  if (!place) return;
  event.preventDefault();
  const whereto = { day: place.dataset.dropDay };
  if ("dropTime" in place.dataset) whereto.time = clock(halves(place, event));
  move(dragged, whereto);
});

function halves(column, event) {
  const top = column.getBoundingClientRect().top;
  return Math.max(0, Math.min(47, Math.floor((event.clientY - top) / HALF_HOUR)));
}

document.addEventListener("keydown", (event) => {
  const entry = event.target.closest?.(".ev[draggable]");
  if (!entry || !event.shiftKey || composing(event) || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const isWeek = !!entry.closest(".daycol");
  const way = { ArrowLeft: { shift_days: -1 }, ArrowRight: { shift_days: 1 } };
  way.ArrowUp = isWeek ? { shift_minutes: -30 } : { shift_days: -7 };
  way.ArrowDown = isWeek ? { shift_minutes: 30 } : { shift_days: 7 };
  move(entry, way[event.key]);
});

// A click on an empty place does what its "+" does; in a week at the half hour that was clicked.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.target.closest("a, button")) return;
  const column = event.target.closest(".daycol[data-new]");
  const cell = event.target.closest(".month-cal td");
  if (column) {
    const url = `${column.dataset.new}&time=${clock(halves(column, event))}`;
    window.htmx.ajax("GET", url, { target: "#dialog", swap: "innerHTML" });
  } else cell?.querySelector(".add")?.click();
});

// A week opens at eight in the morning.
const open = () => document.querySelectorAll("[data-hours]").forEach((one) => (one.scrollTop = 15.5 * HALF_HOUR));
open();
document.addEventListener("htmx:afterSwap", (event) => event.target.querySelector?.("[data-hours]") && open());
