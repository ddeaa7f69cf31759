// Forms: Ctrl+S saves, unsaved changes are not lost by a slip, the first message gets the focus.
import { composing, word } from "./http.js";

let changed = false;
const form = () => document.querySelector("form[data-guard]");

function touch(is) {
  changed = is;
  const state = form()?.querySelector("[data-state]");
  if (state) state.textContent = is ? word("leave") : "";
}

document.addEventListener("input", (event) => event.target.closest("form[data-guard]") && touch(true));
document.addEventListener("change", (event) => event.target.closest("form[data-guard]") && touch(true));
document.addEventListener("submit", (event) => event.target.closest("form[data-guard]") && (changed = false));
document.addEventListener("htmx:beforeRequest", (event) => event.target.matches?.("form[data-guard]") && (changed = false));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches?.("form[data-guard]") && !event.detail.successful && event.detail.xhr.status !== 409) touch(true);
});
addEventListener("beforeunload", (event) => changed && event.preventDefault());

document.addEventListener("keydown", (event) => {
  if (composing(event) || !(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  if (key !== "s" && key !== "enter") return;
  // A page that can save and stay marks the button that leaves as well.
  const close = key === "enter" && document.querySelector("[data-save-close]");
  const save = document.querySelector("dialog[open]:not(#command) .btn.p") || close || document.querySelector("[data-save]");
  if (!save || document.getElementById("command")?.open) return;
  event.preventDefault();
  save.click();
});

// An answer that keeps the form (422) puts the reader where the problem is told.
const focusProblem = (root) => {
  const note = root.querySelector?.("[data-focus]");
  note?.focus();
  note?.scrollIntoView({ block: "center" });
};
document.addEventListener("htmx:afterSettle", (event) => focusProblem(event.target));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  field.scrollIntoView({ block: "center" });
  (field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea"))?.focus();
});

// The value a message offers is put into its field with one click.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-offer]");
  const found = button && document.getElementById(button.dataset.offers);
  if (!found) return;
  const value = button.dataset.offer;
  const box = found.matches("input, select, textarea") ? found : found.querySelector("input, select, textarea");
  const boxes = found.querySelectorAll?.("input[type=radio]") ?? [];
  const radio = [...boxes].find((one) => one.value === value || one.closest("label")?.textContent.trim() === value);
  if (radio) radio.checked = true;
  else if (box?.matches("select")) {
    const option = [...box.options].find((one) => one.value === value || one.textContent.trim() === value);
    if (option) box.value = option.value;
  } else if (box) {
    box.value = value;
    const picked = box.form?.elements[`${box.name}__pick`];
    if (picked) picked.value = "";
  }
  const changed = radio ?? box;
  changed?.dispatchEvent(new Event("input", { bubbles: true }));
  changed?.dispatchEvent(new Event("change", { bubbles: true }));
  changed?.focus();
  button.remove();
});
focusProblem(document);
if (location.hash.startsWith("#f-")) document.querySelector(location.hash)?.querySelector("input, select, textarea")?.focus();
