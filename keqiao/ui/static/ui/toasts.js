// Short notices: success goes by itself after 1.5 s, an error stays until it is closed.
import { word } from "./http.js";

const box = () => document.getElementById("toasts");
const sprite = (document.querySelector("svg.i use")?.getAttribute("href") || "").split("#")[0];

function leave(toast) {
  const stays = toast.classList.contains("bad");
  // One that leads somewhere is to be read and perhaps clicked.
  if (!stays) setTimeout(() => toast.remove(), toast.querySelector("a") ? 6000 : 1500);
  else toast.addEventListener("click", () => toast.remove());
}

export function toast(text, isBad = false, url = "") {
  const made = document.createElement("div");
  made.className = isBad ? "toast bad" : "toast";
  if (isBad) made.setAttribute("role", "alert");
  if (sprite) {
    made.innerHTML = '<svg class="i" aria-hidden="true"><use/></svg><span></span>';
    made.querySelector("use").setAttribute("href", `${sprite}#${isBad ? "alert-circle" : "check"}`);
  } else made.innerHTML = "<span></span>";
  const words = made.querySelector("span");
  if (url) words.append(Object.assign(document.createElement("a"), { href: url, textContent: text }));
  else words.textContent = text;
  box().append(made);
  leave(made);
}

box()?.querySelectorAll(".toast").forEach(leave);
document.addEventListener("toast", (event) => toast(event.detail.value ?? event.detail.text, event.detail.bad));
document.addEventListener("htmx:responseError", (event) => {
  const number = event.detail.xhr.getResponseHeader("X-Request-ID");
  toast(word("failed") + (number ? ` ${word("request")} ${number}` : ""), true);
});
document.addEventListener("htmx:sendError", () => toast(word("offline"), true));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  await navigator.clipboard?.writeText(button.dataset.copy);
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1500);
  toast(word("copied"));
});
