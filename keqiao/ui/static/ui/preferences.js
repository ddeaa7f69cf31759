// Colours, row height and the folded navigation change at once and are kept on the server.
import { post } from "./http.js";

const root = document.documentElement;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-preference]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const { preference } = form.dataset;
  root.dataset[preference] = event.submitter.value;
  form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button === event.submitter)));
  post(form.action, { [preference]: event.submitter.value });
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-fold]")) return;
  const narrow = root.dataset.nav !== "narrow";
  if (narrow) root.dataset.nav = "narrow";
  else delete root.dataset.nav;
  post("/preferences/", { nav: narrow ? "narrow" : "wide" });
});
