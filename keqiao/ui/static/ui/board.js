// Cards of a board are moved by dragging, or with Shift and the arrows; the server decides, with the version that was shown.
import { composing, post, word } from "./http.js";
import { showDialog } from "./dialogs.js";
import { toast } from "./toasts.js";

const board = () => document.querySelector("[data-board][data-can-move]");
const count = (column, by) => {
  const small = column.querySelector("[data-cards]");
  if (/^\d+$/.test(small.textContent)) small.textContent = Number(small.textContent) + by;
};
let dragged = null;
let asked = false;

function put(card, column, before) {
  const from = card.closest("[data-value]");
  if (before) column.querySelector("ul").insertBefore(card, before);
  else column.querySelector("ul").prepend(card);
  count(from, -1);
  count(column, 1);
}

async function move(card, column) {
  const from = card.closest("[data-value]");
  if (!column || column === from || card.dataset.busy) return;
  const after = card.nextElementSibling;
  card.dataset.busy = "1";
  put(card, column);
  const name = board().dataset.field;
  try {
    const answer = await post(`${board().dataset.board}${card.dataset.id}/cell/${name}/`, { [name]: column.dataset.value, version: card.dataset.version, was: "{}" });
    const html = await answer.text();
    if (answer.status === 200) {
      card.dataset.version = Number(card.dataset.version) + 1;
      window.htmx?.trigger("#figures", "refresh");
    } else {
      put(card, from, after);
      if (answer.status === 409) {
        asked = true;
        showDialog(html);
      } else {
        const holder = document.createElement("template");
        holder.innerHTML = html;
        toast(holder.content.querySelector(".cellerr")?.textContent || word("failed"), true);
      }
    }
  } catch {
    put(card, from, after);
    toast(word("offline"), true);
  } finally {
    delete card.dataset.busy;
  }
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".bcard[draggable]");
  event.dataTransfer?.setData("text/plain", dragged?.dataset.id || "");
});
document.addEventListener("dragover", (event) => {
  const column = dragged && event.target.closest?.("[data-value]");
  document.querySelectorAll(".stack-of.over").forEach((one) => one !== column && one.classList.remove("over"));
  if (!column) return;
  column.classList.add("over");
  event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const column = dragged && event.target.closest?.("[data-value]");
  if (!column) return;
  event.preventDefault();
  move(dragged, column);
});
document.addEventListener("dragend", () => {
  dragged = null;
  document.querySelectorAll(".stack-of.over").forEach((one) => one.classList.remove("over"));
});

document.addEventListener("keydown", async (event) => {
  const card = event.target.closest?.(".bcard");
  if (!card || !board() || composing(event) || !event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  const column = card.closest("[data-value]");
  const link = event.target;
  const moved = move(card, event.key === "ArrowLeft" ? column.previousElementSibling : column.nextElementSibling);
  link.focus();
  await moved;
  link.focus();
});

document.addEventListener("cellSaved", () => asked && location.reload());
