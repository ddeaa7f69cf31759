// Inputs that grow: tags as small labels, one more line for a further phone number, dropped files.
import { composing, word } from "./http.js";

const SEPARATOR = /[,;，；、|\n]+/;

function startTags(host) {
  if (host.dataset.ready) return;
  host.dataset.ready = "1";
  const source = host.querySelector("input");
  const box = document.createElement("div");
  const input = document.createElement("input");
  box.className = "taglike";
  input.id = source.id;
  input.placeholder = source.placeholder;
  input.autocomplete = "off";
  source.removeAttribute("id");
  source.type = "hidden";
  host.append(box);

  const words = () => source.value.split(SEPARATOR).map((one) => one.trim()).filter(Boolean);
  const set = (list) => {
    source.value = [...new Set(list)].join(", ");
    draw();
    source.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const draw = () => {
    box.replaceChildren(...words().map((text) => {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = text;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `${word("remove")} ${text}`);
      remove.addEventListener("click", () => {
        set(words().filter((one) => one !== text));
        input.focus();
      });
      tag.append(remove);
      return tag;
    }), input);
  };
  const add = () => {
    if (!input.value.trim()) return;
    const typed = input.value;
    input.value = "";
    set([...words(), ...typed.split(SEPARATOR).map((one) => one.trim()).filter(Boolean)]);
    input.focus();
  };
  input.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if ((event.key === "Enter" && !event.ctrlKey) || event.key === ",") {
      if (input.value.trim()) event.preventDefault();
      add();
    } else if (event.key === "Backspace" && !input.value && words().length) set(words().slice(0, -1));
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("blur", add);
  box.addEventListener("click", (event) => event.target === box && input.focus());
  draw();
}

function startSeveral(host) {
  if (host.dataset.ready) return;
  host.dataset.ready = "1";
  const add = () => {
    const lines = [...host.querySelectorAll(".one")];
    const last = lines[lines.length - 1];
    if (!last.querySelector("input").value || lines.length >= 20) return;
    const more = last.cloneNode(true);
    more.querySelectorAll("input").forEach((input) => (input.value = ""));
    more.querySelector("input").setAttribute("aria-label", word("add"));
    more.querySelectorAll("[id]").forEach((part) => part.removeAttribute("id"));
    more.querySelectorAll("[data-ready]").forEach((part) => part.removeAttribute("data-ready"));
    more.querySelectorAll(".options").forEach((list) => list.remove());
    host.append(more);
    more.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  };
  // Typed, or picked from the suggestions.
  ["input", "change"].forEach((kind) => host.addEventListener(kind, add));
}

const startAll = (root) => {
  root.querySelectorAll?.("[data-tags]").forEach(startTags);
  root.querySelectorAll?.("[data-several]").forEach(startSeveral);
};
document.addEventListener("htmx:load", (event) => startAll(event.target));
startAll(document);

// A file may be dropped on the box of a file input; sending stays an act of its own.
["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
  const zone = event.target.closest?.(".drop");
  if (!zone) return;
  event.preventDefault();
  zone.classList.toggle("over", kind === "dragover");
  const input = zone.querySelector("input[type=file]");
  if (kind === "drop" && input && event.dataTransfer.files.length) {
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}));
document.addEventListener("change", (event) => {
  if (!event.target.matches(".drop input[type=file]")) return;
  const shown = event.target.closest(".drop").querySelector("[data-file]");
  if (shown) shown.textContent = event.target.files[0]?.name || "";
});

// Inputs that belong to one kind of field only (choices, link target) show with that kind.
function showForKind(select) {
  document.querySelectorAll("[data-for]").forEach((part) => (part.hidden = !part.dataset.for.split(" ").includes(select.value)));
  document.querySelectorAll("[data-not-for]").forEach((part) => (part.hidden = part.dataset.notFor.split(" ").includes(select.value)));
}
document.querySelectorAll("[data-kind]").forEach((select) => {
  select.addEventListener("change", () => showForKind(select));
  showForKind(select);
});
