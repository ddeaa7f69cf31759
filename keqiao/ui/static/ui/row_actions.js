// What can be done with a list's row without opening it: shown on the row under the pointer, and done
// with the current row when its letter is pressed.
import { getHtml } from "./http.js";
import { current } from "./panel.js";
import { showDialog } from "./dialogs.js";

const bar = () => document.querySelector("[data-row-actions]");
const idOf = (row) => row?.querySelector(".ck input")?.value || row?.querySelector(".tt a")?.pathname.split("/").at(-2);
let row = null;

function show(next) {
  const actions = bar();
  if (!actions || next === row) return;
  row = next;
  actions.hidden = !row;
  row?.querySelector(".tt")?.append(actions);
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse" || !bar()) return;
  const over = event.target.closest?.("#rows tr");
  if (over || !event.target.closest?.("[data-row-actions]")) show(over || null);
});

// New rows may have taken the place of the one that held the buttons.
document.addEventListener("htmx:beforeSwap", (event) => {
  const actions = bar();
  if (actions && event.target.contains?.(actions) && event.target.id === "rows") {
    show(null);
    event.target.closest(".listwrap")?.append(actions);
  }
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-row-actions] [data-url]");
  if (!link) return;
  event.preventDefault();
  event.stopPropagation();
  const target = event.isTrusted && event.detail ? row : current() || row;
  const id = idOf(target);
  if (!id) return;
  const url = link.dataset.url.replace("{key}", bar().dataset.rowActions).replace("{id}", id);
  const { status, html } = await getHtml(url);
  if (status === 200) showDialog(html);
  else location.assign(url);
}, true);

// The letter of an action asks for the current row first.
export function actOnRow(mark) {
  const link = bar()?.querySelector(`[data-${mark}]`);
  if (!link || !current()) return false;
  link.click();
  return true;
}
