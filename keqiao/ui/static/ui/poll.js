// Progress: one cheap fragment asked again while the page is in sight; 204 means nothing changed.
import { getHtml, process } from "./http.js";

const DEFAULT_SECONDS = 2;

function start(element) {
  if (element.dataset.polling) return;
  element.dataset.polling = "1";
  const every = (Number(element.dataset.pollSeconds) || DEFAULT_SECONDS) * 1000;
  const again = () => setTimeout(step, every);
  const step = async () => {
    if (!element.isConnected) return;
    if (document.visibilityState !== "visible" || element.matches("[data-poll-idle]:focus-within")) return void again();
    try {
      const { status, html } = await getHtml(element.dataset.poll);
      if (status === 200 && element.isConnected) {
        const holder = document.createElement("template");
        holder.innerHTML = html.trim();
        const made = holder.content.firstElementChild;
        if (made) {
          element.replaceWith(made);
          process(made);
          startAll(made.parentElement);
          if (made.dataset.done) document.dispatchEvent(new CustomEvent(made.dataset.done));
          return;
        }
      }
      if (status === 200 || status === 204) again();
    } catch {
      again();
    }
  };
  again();
}

const startAll = (root) => root?.querySelectorAll?.("[data-poll]").forEach(start);
document.addEventListener("htmx:load", (event) => {
  if (event.target.matches?.("[data-poll]")) start(event.target);
  startAll(event.target);
});
startAll(document);
