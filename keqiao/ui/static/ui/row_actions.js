// What can be done with a list's row without opening it: shown on the row under the pointer, and done
// with the current row when its letter is pressed.
import { getHtml, process } from "./http.js";
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

// What was done with a record shows in its row at once, where the row stands.
async function renew(about) {
  const list = document.querySelector("[data-list][data-object]");
  if (!list || (about && !about.startsWith(`${list.dataset.object}:`))) return;
  const id = about ? about.split(":")[1] : idOf(current() || row);
  const old = id && list.querySelector(`#rows .ck input[value="${id}"]`)?.closest("tr");
  if (!old) return;
  const query = new URLSearchParams(location.search);
  query.set("part", "row");
  query.set("id", id);
  const { status, html } = await getHtml(`${list.dataset.list}?${query}`);
  const made = document.createElement("template");
  made.innerHTML = html;
  const fresh = made.content.querySelector("tr");
  if (status !== 200 || !fresh || !old.isConnected) return;
  if (old === row) show(null);
  fresh.className = old.className;
  fresh.querySelector(".ck input").checked = old.querySelector(".ck input").checked;
  old.replaceWith(fresh);
  process(fresh);
}
document.addEventListener("activitiesChanged", (event) => renew(event.detail.about));

// The letter of an action asks for the current row first.
export function actOnRow(mark) {
  const link = bar()?.querySelector(`[data-${mark}]`);
  if (!link || !current()) return false;
  link.click();
  return true;
}
