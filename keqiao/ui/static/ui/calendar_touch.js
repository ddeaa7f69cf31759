// Calendars by finger: who holds an entry lifts it and carries it to another day or half hour. A finger
// that moves at once scrolls, as everywhere.
import { drop, markPlace, placeOf } from "./calendar_moving.js";

const HOLD = 400; // milliseconds until an entry lifts
const SLACK = 10; // pixels that a resting finger trembles
const EDGE = 72; // pixels at the upper and lower edge where the page rolls on
const STEP = 8; // pixels per frame

let held = null;

const movable = (element) => element.closest?.(".ev[data-version], .agenda li:has([data-move])");

function lift() {
  held.ghost = document.createElement("div");
  held.ghost.className = "ev carried";
  held.ghost.setAttribute("aria-hidden", "true");
  held.ghost.textContent = held.entry.querySelector(".ev > span, a > b").textContent;
  document.body.append(held.ghost);
  held.entry.classList.add("dragged");
  navigator.vibrate?.(15);
  carry();
  roll();
}

function carry() {
  held.ghost.style.transform = `translate(${held.x}px, ${held.y}px)`;
  held.place = placeOf(document.elementFromPoint(held.x, held.y));
  markPlace(held.place);
}

// At an edge the page, or the hours of a day, roll on under the finger.
function roll() {
  if (!held?.ghost) return;
  const way = held.y < EDGE ? -STEP : held.y > innerHeight - EDGE ? STEP : 0;
  for (let part = way && document.elementFromPoint(held.x, held.y); part; part = part.parentElement) {
    const before = part.scrollTop;
    part.scrollTop += way;
    if (part.scrollTop === before) continue;
    carry();
    break;
  }
  requestAnimationFrame(roll);
}

function letGo() {
  if (!held) return null;
  const { entry, ghost, place, timer, y, link } = held;
  clearTimeout(timer);
  ghost?.remove();
  if (link) link.draggable = true;
  entry.classList.remove("dragged");
  markPlace(null);
  held = null;
  return ghost ? { entry, place, y } : null;
}

document.addEventListener("touchstart", (event) => {
  letGo();
  const entry = event.touches.length === 1 && movable(event.target);
  if (!entry || event.target.closest("[data-move]")) return;
  const { clientX: x, clientY: y } = event.touches[0];
  // The browser's own dragging would take the finger away.
  held = { entry, x, y, fromX: x, fromY: y, timer: setTimeout(lift, HOLD), link: event.target.closest("a") };
  if (held.link) held.link.draggable = false;
}, { passive: true });

document.addEventListener("touchmove", (event) => {
  if (!held) return;
  const { clientX: x, clientY: y } = event.touches[0];
  if (!held.ghost && Math.hypot(x - held.fromX, y - held.fromY) > SLACK) return void letGo();
  Object.assign(held, { x, y });
  if (!held.ghost) return;
  event.preventDefault();
  carry();
}, { passive: false });

document.addEventListener("touchend", (event) => {
  const carried = letGo();
  if (!carried) return;
  event.preventDefault(); // no click on the entry
  const { entry, place, y } = carried;
  const isElsewhere = place && ("dropTime" in place.dataset || place.dataset.dropDay !== placeOf(entry).dataset.dropDay);
  if (isElsewhere) drop(entry, place, y);
}, { passive: false });

document.addEventListener("touchcancel", letGo);
document.addEventListener("contextmenu", (event) => held && event.preventDefault());
