// A text box with suggestions for records, people, departments and regions. What is picked travels as
// "id|name" beside the typed name, so the form means the same without JavaScript.
import { composing, getHtml, word } from "./http.js";

const PAUSE = 120;
let count = 0;

function start(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "1";
  const input = box.querySelector("input[type=text]");
  const pick = box.querySelector("input[type=hidden]");
  const list = document.createElement("ul");
  list.className = "options";
  list.role = "listbox";
  list.id = `options-${(count += 1)}`;
  list.hidden = true;
  box.append(list);
  Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id }).forEach(([name, value]) => input.setAttribute(name, value));
  let timer, running, at = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const all = options();
    if (!all.length) return;
    at = (index + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    input.value = option.dataset.text;
    pick.value = `${option.dataset.id}|${option.dataset.text}`;
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    const typed = pick.value.endsWith(`|${input.value}`) ? "" : input.value;
    try {
      const { status, html } = await getHtml(`${box.dataset.combo}?q=${encodeURIComponent(typed)}`, running.signal);
      if (status !== 200) return close();
      list.innerHTML = html;
      if (!list.children.length) list.innerHTML = '<li class="nothing"></li>';
      const nothing = list.querySelector(".nothing");
      if (nothing && !nothing.textContent) nothing.textContent = word("none");
      options().forEach((one, place) => (one.id = `${list.id}-${place}`));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      at = -1;
      if (typed) choose(0);
    } catch (problem) {
      if (problem.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", (event) => {
    pick.value = "";
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("click", () => list.hidden && ask());
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask();
      else choose(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden && options()[at]) {
      event.preventDefault();
      take(options()[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (event.key === "Tab") close();
  });
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) take(option);
  });
}

const startAll = (root) => root.querySelectorAll?.("[data-combo]").forEach(start);
document.addEventListener("htmx:load", (event) => startAll(event.target));
startAll(document);
