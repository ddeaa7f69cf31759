// Favourites at the side: read when opened, so that no page waits for them; open stays open.
const KEY = "keqiao-favourites";
const box = document.querySelector(".favs");
const list = box?.querySelector("[hx-get]");
const read = () => box?.open && list.getClientRects().length && window.htmx?.trigger(list, "refresh");

if (box) {
  box.addEventListener("toggle", () => {
    localStorage.setItem(KEY, box.open ? "open" : "");
    read();
  });
  document.addEventListener("favouritesChanged", read);
  // Not before htmx knows the page; opening then reads.
  addEventListener("DOMContentLoaded", () => (box.open = localStorage.getItem(KEY) === "open"));
}
