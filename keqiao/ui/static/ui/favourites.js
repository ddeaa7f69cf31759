// Favourites at the side: read when opened, so that no page waits for them; open stays open.
import { post, word } from "./http.js";
import { toast } from "./toasts.js";

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

// The stars of a list: set and taken where one is; the row stays.
document.addEventListener("submit", async (event) => {
  const star = event.submitter;
  if (event.target.id !== "stars" || !star) return;
  event.preventDefault();
  const wanted = star.value;
  const show = (on) => {
    star.value = on ? "0" : "1";
    star.setAttribute("aria-pressed", String(on));
  };
  show(wanted === "1");
  try {
    const answer = await post(star.getAttribute("formaction"), { on: wanted });
    if (answer.ok) return void document.dispatchEvent(new CustomEvent("favouritesChanged"));
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    toast(holder.content.querySelector("[role=alert]")?.textContent || word("failed"), true);
  } catch {
    toast(word("offline"), true);
  }
  show(wanted !== "1");
});
