// Dragging the cards of the start page; the buttons on each card do the same without a mouse.
import { post, process } from "./http.js";

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card]") || null;
  dragged?.classList.add("dragged");
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  if (dragged && event.target.closest?.("[data-column]")) event.preventDefault();
});
document.addEventListener("drop", async (event) => {
  const column = event.target.closest?.("[data-column]");
  if (!dragged || !column) return;
  event.preventDefault();
  const cards = [...column.querySelectorAll("[data-card]")].filter((card) => card !== dragged);
  const below = cards.findIndex((card) => {
    const { top, height } = card.getBoundingClientRect();
    return event.clientY < top + height / 2;
  });
  const board = document.getElementById("board");
  const at = below < 0 ? cards.length : below;
  const answer = await post(board.dataset.arrange, { card: dragged.dataset.card, column: column.dataset.column, at });
  if (!answer.ok) return;
  board.outerHTML = await answer.text();
  process(document.getElementById("board"));
});
