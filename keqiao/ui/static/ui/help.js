// Help beside the page: the guide of the current screen; tours are fetched only when one starts.
import { getHtml, post, process, word } from "./http.js";
import { toast } from "./toasts.js";

let drawer, running, opener;

function make() {
  drawer = document.createElement("aside");
  drawer.className = "drawer";
  drawer.tabIndex = -1;
  drawer.setAttribute("aria-label", opener.getAttribute("aria-label"));
  document.body.append(drawer);
}

async function load(url) {
  running?.abort();
  running = new AbortController();
  try {
    const { status, html } = await getHtml(url, running.signal);
    if (status !== 200) return location.assign(url);
    if (!drawer) make();
    drawer.innerHTML = html;
    drawer.scrollTop = 0;
    process(drawer);
    drawer.focus();
  } catch (problem) {
    if (problem.name !== "AbortError") toast(word("offline"), true);
  }
}

export function closeHelp() {
  if (!drawer) return false;
  running?.abort();
  drawer.remove();
  drawer = null;
  opener?.focus();
  return true;
}

async function startTour(key) {
  try {
    const { start } = await import("./tours.js");
    closeHelp();
    document.querySelector(".offer")?.remove();
    post("/help/seen/", {});
    await start(key);
  } catch {
    toast(word("offline"), true);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a, button");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (link.matches("[data-help]")) {
    event.preventDefault();
    if (drawer) return void closeHelp();
    opener = link;
    load(`/help/?at=${encodeURIComponent(location.pathname)}`);
  } else if (link.matches("[data-close-help]")) closeHelp();
  else if (link.matches("[data-start-tour]")) startTour(link.dataset.startTour);
  else if (drawer?.contains(link) && link.pathname?.startsWith("/help/") && !link.hasAttribute("hx-get") && !link.hasAttribute("data-leave")) {
    event.preventDefault();
    load(link.pathname);
  }
});

document.addEventListener("submit", (event) => {
  if (!drawer?.contains(event.target)) return;
  event.preventDefault();
  load(`/help/?${new URLSearchParams(new FormData(event.target))}`);
});
