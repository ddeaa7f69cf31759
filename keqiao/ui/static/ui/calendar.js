// Calendars: entries move by mouse, by Shift+arrows and by finger.
import { composing } from "./http.js";
import { HALF_HOUR, drop, halfHour, markPlace, move, placeOf } from "./calendar_moving.js";
import "./calendar_touch.js";

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".ev[draggable=true]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.entry);
  dragged.classList.add("dragged");
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  markPlace(null);
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  const place = dragged && placeOf(event.target);
  if (!place) return;
  event.preventDefault();
  markPlace(place);
});
document.addEventListener("drop", (event) => {
  const place = dragged && placeOf(event.target);
  if (!place) return;
  event.preventDefault();
  drop(dragged, place, event.clientY);
});

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
    const url = `${column.dataset.new}&time=${halfHour(column, event.clientY)}`;
    window.htmx.ajax("GET", url, { target: "#dialog", swap: "innerHTML" });
  } else cell?.querySelector(".add")?.click();
});

// A week opens at eight in the morning.
const open = () => document.querySelectorAll("[data-hours]").forEach((one) => (one.scrollTop = 15.5 * HALF_HOUR));
open();
document.addEventListener("htmx:afterSwap", (event) => event.target.querySelector?.("[data-hours]") && open());
