// Moving an entry of a calendar: mouse, keys and fingers send the form that the dialog fills in.
import { post, word } from "./http.js";
import { showDialog } from "./dialogs.js";
import { toast } from "./toasts.js";

export const HALF_HOUR = 22; // pixels, as in calendar.css
const area = () => document.getElementById("calendar");
const clock = (number) => `${String(Math.floor(number / 2)).padStart(2, "0")}:${number % 2 ? "30" : "00"}`;

// In the grid an entry says what it is; in the list of a phone the link of its form says so.
function whatOf(entry) {
  const link = entry.querySelector("[data-move]");
  if (link) return { ...Object.fromEntries(new URL(link.href).searchParams), version: link.dataset.move };
  const [object, id] = entry.dataset.entry.split(":");
  const { version, field, endField } = entry.dataset;
  return { object, id, version, field, end_field: endField };
}

export async function move(entry, whereto) {
  const what = whatOf(entry);
  const next = location.pathname + location.search;
  entry.classList.add("dragged");
  let answer;
  try {
    answer = await post("/calendar/move/", { ...what, next, ...whereto });
  } catch {
    entry.classList.remove("dragged");
    toast(word("offline"), true);
    return;
  }
  const text = await answer.text();
  if (answer.status === 409 || answer.status === 422) showDialog(text);
  else if (!answer.ok) toast(word("failed"), true);
  else toast(text);
  await refresh(`${what.object}:${what.id}`);
}

async function refresh(key) {
  if (!area()) return location.reload();
  await window.htmx.ajax("GET", location.pathname + location.search, { target: "#calendar", swap: "outerHTML", select: "#calendar" });
  if (document.querySelector("#dialog dialog")) return;
  [...document.querySelectorAll(`[data-entry="${CSS.escape(key)}"]`)].find((one) => one.getClientRects().length)?.focus();
}

export function halfHour(column, y) {
  const top = column.getBoundingClientRect().top;
  return clock(Math.max(0, Math.min(47, Math.floor((y - top) / HALF_HOUR))));
}

export const placeOf = (element) => element?.closest?.("[data-drop-day]");

// The place under the mouse or the finger stands out; none: nowhere to drop.
export function markPlace(place) {
  document.querySelectorAll("[data-drop-day].over").forEach((one) => one !== place && one.classList.remove("over"));
  place?.classList.add("over");
}

export function drop(entry, place, y) {
  const whereto = { day: place.dataset.dropDay };
  if ("dropTime" in place.dataset) whereto.time = halfHour(place, y);
  return move(entry, whereto);
}
