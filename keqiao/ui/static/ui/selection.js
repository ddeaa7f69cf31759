// Ticking rows: shift-click takes a range, the bar below says how many and what can be done.
const bar = () => document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll("#rows .ck input")];
let last = null;

export function update() {
  const form = bar();
  if (!form) return;
  const ticked = boxes().filter((box) => box.checked);
  boxes().forEach((box) => box.closest("tr").classList.toggle("on", box.checked));
  const everything = form.elements.all.value === "1";
  form.dataset.ready = "1";
  form.hidden = !ticked.length;
  form.elements.ids.value = ticked.map((box) => box.value).join(",");
  const all = document.querySelector("[data-all]");
  if (all) {
    all.checked = ticked.length > 0 && ticked.length === boxes().length;
    all.indeterminate = ticked.length > 0 && !all.checked;
  }
  const more = form.querySelector("[data-select-all]");
  form.querySelector(".sel").textContent = everything ? form.dataset.everything : form.dataset.one.replace("#", ticked.length);
  if (more) more.hidden = everything || ticked.length < boxes().length;
}

function setAll(checked) {
  boxes().forEach((box) => (box.checked = checked));
  if (bar()) bar().elements.all.value = "";
  update();
}

document.addEventListener("click", (event) => {
  if (event.target.matches("#rows .ck input")) {
    const all = boxes();
    const here = all.indexOf(event.target);
    if (event.shiftKey && last !== null && last < all.length) {
      const [from, to] = [Math.min(last, here), Math.max(last, here)];
      all.slice(from, to + 1).forEach((box) => (box.checked = event.target.checked));
    }
    last = here;
    bar().elements.all.value = "";
    update();
  } else if (event.target.matches("[data-all]")) setAll(event.target.checked);
  else if (event.target.closest("[data-unselect]")) setAll(false);
  else if (event.target.closest("[data-select-all]")) {
    bar().elements.all.value = "1";
    update();
  }
});

document.addEventListener("htmx:afterSettle", update);
document.addEventListener("clearSelection", () => setAll(false));
document.addEventListener("scroll", (event) => {
  if (event.target.classList?.contains("tbl")) event.target.classList.toggle("scrolled", event.target.scrollLeft > 0);
}, true);
update();
