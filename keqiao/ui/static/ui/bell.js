// The bell: asks how much is unread while the page is in sight, less and less often when nothing comes.
import { beacon, getHtml } from "./http.js";
import { toast } from "./toasts.js";

const OFTEN = 30_000;
const SELDOM = 300_000;
const STILL_GOOD = 20_000;
const bell = document.querySelector("[data-bell]");
const badge = bell?.querySelector("[data-unread]");
const pop = bell?.querySelector(".pop");
const place = bell && `bell-${bell.dataset.of}`;
let pause = OFTEN;
let timer = 0;

const remembered = () => JSON.parse(sessionStorage.getItem(place) || "null") || { count: "", mark: "", at: 0 };

function show({ count }) {
  badge.textContent = count;
  badge.hidden = !count;
  const summary = bell.querySelector("summary");
  summary.setAttribute("aria-label", count ? `${summary.title} · ${count} ${badge.dataset.unread}` : summary.title);
}

function again(wait) {
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

async function ask() {
  if (document.visibilityState !== "visible") return; // taken up again when the page is looked at
  const known = remembered();
  try {
    const { status, html } = await getHtml(`${bell.dataset.bell}?known=${encodeURIComponent(known.mark)}`);
    if (status === 401) return;
    let now = known;
    if (status === 200) {
      now = JSON.parse(html);
      now.fresh.forEach((one) => toast(one.title, false, one.url || "/notices/"));
      pause = OFTEN;
    } else pause = Math.min(pause * 1.5, SELDOM);
    sessionStorage.setItem(place, JSON.stringify({ count: now.count, mark: now.mark, at: Date.now() }));
    show(now);
  } catch {
    pause = SELDOM;
  }
  again(pause);
}

function markRead(element) {
  if (element.dataset.marked) return;
  element.dataset.marked = "1";
  const until = element.dataset.until;
  const sent = beacon(element.dataset.read, until ? { until } : {});
  element.closest(".new")?.classList.remove("new");
  if (until) sent.then(() => (location.pathname === "/notices/" ? location.reload() : window.htmx.trigger(pop, "refresh")));
  sent.then(() => again(0));
}

if (bell) {
  const known = remembered();
  show(known);
  again(Math.max(300, known.at + STILL_GOOD - Date.now()));
  document.addEventListener("visibilitychange", () => {
    pause = OFTEN;
    if (document.visibilityState === "visible") again(300);
    else clearTimeout(timer);
  });
  bell.addEventListener("toggle", () => bell.open && window.htmx?.trigger(pop, "refresh"));
  const clicked = (event) => {
    const element = event.target.closest?.("[data-read]");
    if (element) markRead(element);
  };
  document.addEventListener("click", clicked);
  document.addEventListener("auxclick", clicked);
  document.addEventListener("notices-read", (event) => {
    const row = event.target.closest?.(".note-row");
    row?.classList.remove("new");
    row?.querySelector("form")?.remove();
    again(0);
  });
}
