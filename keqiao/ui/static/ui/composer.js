// Short texts people write all day: the box grows, Enter sends, the draft is kept, @ suggests colleagues.
import { beacon, composing, getHtml, post } from "./http.js";
import { toast } from "./toasts.js";

const PAUSE = 900;
const ASK_PAUSE = 120;
const timers = new WeakMap();

const form = (element) => element.closest("[data-composer]");
const grow = (box) => {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 360)}px`;
};

// --- drafts ---------------------------------------------------------------------------------------

const typed = (one) => {
  const data = new FormData(one);
  data.delete("files");
  return new URLSearchParams(data);
};

async function keep(one) {
  timers.delete(one);
  if (!one.isConnected || one.dataset.sending) return;
  const answer = await post(one.dataset.draft, typed(one)).catch(() => null);
  const kept = one.querySelector("[data-kept]");
  if (kept) kept.hidden = !answer?.ok || !one.elements.body.value.trim();
}

function keepSoon(one) {
  one.classList.add("open");
  clearTimeout(timers.get(one));
  timers.set(one, setTimeout(keep, PAUSE, one));
}

document.addEventListener("input", (event) => {
  const box = event.target;
  if (box.matches?.("textarea[data-grow]")) grow(box);
  const one = form(box);
  if (one) keepSoon(one);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const one = event.target;
  if (!one.matches?.("[data-composer]")) return;
  clearTimeout(timers.get(one));
  timers.delete(one);
  one.dataset.sending = "1";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const one = event.target;
  if (one.matches?.("[data-composer]")) delete one.dataset.sending;
});
addEventListener("pagehide", () => {
  document.querySelectorAll("[data-composer]").forEach((one) => {
    if (timers.has(one) && !one.dataset.sending) beacon(one.dataset.draft, typed(one));
  });
});
// A closed dialog keeps what was typed in it as well.
document.addEventListener("close", (event) => {
  event.target.querySelectorAll?.("[data-composer]").forEach((one) => {
    if (timers.has(one) && !one.dataset.sending) beacon(one.dataset.draft, typed(one));
  });
}, true);

// --- folding ----------------------------------------------------------------------------------------

// Whoever clicks below the open line must not lose what he clicks at: it folds when the click is over.
let pressed = false;
const fold = () => document.querySelectorAll("[data-composer].held").forEach((one) => one.contains(document.activeElement) || one.classList.remove("held"));
document.addEventListener("focusin", (event) => form(event.target)?.classList.add("held"));
document.addEventListener("focusout", (event) => form(event.target) && setTimeout(() => pressed || fold()));
document.addEventListener("pointerdown", () => (pressed = true), true);
["pointerup", "pointercancel"].forEach((kind) => document.addEventListener(kind, () => {
  pressed = false;
  setTimeout(fold);
}, true));

// --- Enter, phrases, files --------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key !== "Enter" || !box.matches?.("textarea[data-enter]") || composing(event)) return;
  if (event.shiftKey || event.altKey || menu.box === box) return;
  event.preventDefault();
  if (!box.form.dataset.sending) box.form.requestSubmit(box.form.querySelector("button.p"));
});

function insert(box, text, from = box.selectionStart) {
  box.setRangeText(text, from, box.selectionEnd, "end");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const phrase = event.target.closest("[data-phrase]");
  if (!phrase) return;
  event.preventDefault();
  phrase.closest("details").open = false;
  insert(phrase.form.elements.body, phrase.dataset.phrase);
});

document.addEventListener("change", (event) => {
  const one = form(event.target);
  if (event.target.matches("[name=next_day]") && event.target.value) {
    one.querySelector("[name=next][value=day]").checked = true;
  }
  if (event.target.matches("[name=next][value=day]")) {
    const day = one.querySelector("[name=next_day]");
    day.showPicker?.();
    day.focus();
  }
  if (!event.target.matches("[data-files]")) return;
  const names = [...one.querySelectorAll("[data-files]")].flatMap((input) => [...input.files].map((file) => file.name));
  one.querySelector("[data-chosen]").textContent = names.join("，");
});

// --- @ -----------------------------------------------------------------------------------------------

const menu = { box: null, list: null, from: 0, at: 0, timer: 0, running: null };

function closeMenu() {
  menu.running?.abort();
  clearTimeout(menu.timer);
  menu.list?.remove();
  if (menu.box) {
    menu.box.removeAttribute("aria-activedescendant");
    menu.box.removeAttribute("aria-controls");
  }
  menu.box = menu.list = null;
}

const options = () => [...(menu.list?.querySelectorAll("[role=option]") || [])];

function choose(index) {
  const all = options();
  if (!all.length) return;
  menu.at = (index + all.length) % all.length;
  all.forEach((one, place) => one.setAttribute("aria-selected", String(place === menu.at)));
  menu.box.setAttribute("aria-activedescendant", all[menu.at].id);
  all[menu.at].scrollIntoView({ block: "nearest" });
}

function take(option) {
  const { box, from } = menu;
  const mark = document.createElement("input");
  Object.assign(mark, { type: "hidden", name: "mentions", value: option.dataset.id });
  box.form.append(mark);
  closeMenu();
  insert(box, `@${option.dataset.text} `, from);
}

async function ask(box, url, text) {
  menu.running?.abort();
  menu.running = new AbortController();
  try {
    const { status, html } = await getHtml(`${url}&q=${encodeURIComponent(text)}`, menu.running.signal);
    if (status !== 200 || !html.includes("role=\"option\"")) return closeMenu();
    if (menu.box !== box) {
      menu.list?.remove();
      menu.box = box;
      menu.list = Object.assign(document.createElement("ul"), { className: "options mentions", id: "mention-options" });
      menu.list.setAttribute("role", "listbox");
      box.parentElement.append(menu.list);
      box.setAttribute("aria-controls", menu.list.id);
    }
    menu.list.innerHTML = html;
    options().forEach((one, place) => (one.id = `mention-${place}`));
    choose(0);
  } catch (problem) {
    if (problem.name !== "AbortError") closeMenu();
  }
}

function look(box) {
  const url = box.closest("[data-mention]")?.dataset.mention;
  const found = /[@＠]([^\s@＠，。,.;；]{0,20})$/.exec(box.value.slice(0, box.selectionStart));
  if (!url || !found) return closeMenu();
  menu.from = found.index;
  clearTimeout(menu.timer);
  menu.timer = setTimeout(ask, ASK_PAUSE, box, url, found[1]);
}

document.addEventListener("input", (event) => event.target.matches?.("textarea[data-enter], textarea[data-grow]") && look(event.target));
document.addEventListener("keydown", (event) => {
  if (!menu.box || event.target !== menu.box || composing(event)) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(menu.at + (event.key === "ArrowDown" ? 1 : -1));
  else if ((event.key === "Enter" || event.key === "Tab") && options()[menu.at]) take(options()[menu.at]);
  else if (event.key === "Escape") closeMenu();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".mentions [role=option]");
  if (!option) return;
  event.preventDefault();
  take(option);
});
document.addEventListener("focusout", (event) => event.target === menu.box && setTimeout(closeMenu, 150));

// --- on arrival ---------------------------------------------------------------------------------------

function start(root) {
  root.querySelectorAll?.("textarea[data-grow]").forEach((box) => box.value && grow(box));
  const again = root.matches?.("[data-refocus]") ? root : root.querySelector?.("[data-refocus]");
  if (again) {
    again.removeAttribute("data-refocus");
    // On a phone the keyboard would come up again over what was just written.
    if (matchMedia("(min-width: 768px)").matches || again.querySelector("[role=alert]")) again.querySelector("textarea").focus();
  }
}
document.addEventListener("htmx:load", (event) => start(event.target));
start(document);

// A file that is too large is told before it travels for minutes.
document.addEventListener("change", (event) => {
  const input = event.target;
  const place = input.matches?.("[type=file]") && input.closest("[data-most]");
  const large = place && [...input.files].find((file) => file.size > Number(place.dataset.most));
  if (!large) return;
  toast(place.dataset.tooLarge.replace("{name}", large.name), true);
  input.value = "";
  event.stopImmediatePropagation();
}, true);

// "Log follow-up" on a page that has the line already puts the cursor there.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".quick [data-followup]");
  const box = button && document.querySelector(".mid [data-composer] textarea");
  if (!box) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  box.focus();
  box.scrollIntoView({ block: "nearest" });
}, true);

// --- files dropped onto their place ----------------------------------------------------------------

const place = (event) => event.target.closest?.(".filedrop");
document.addEventListener("dragover", (event) => {
  if (!place(event)) return;
  event.preventDefault();
  place(event).classList.add("over");
});
document.addEventListener("dragleave", (event) => place(event)?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const box = place(event);
  if (!box) return;
  event.preventDefault();
  box.classList.remove("over");
  const input = box.querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
