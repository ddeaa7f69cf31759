// A tour points at the real page, stop by stop; stops whose element is not in sight are left out.
import { driver } from "../vendor/driver.js";

const TARGET = (name) => [...document.querySelectorAll(`[data-tour="${CSS.escape(name)}"]`)].find((one) => one.getClientRects().length);

function looks() {
  return Promise.all(["../vendor/driver.css", "./tour.css"].map((file) => {
    const href = new URL(file, import.meta.url).href;
    if (document.querySelector(`link[href="${href}"]`)) return null;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    const loaded = new Promise((done) => link.addEventListener("load", done));
    document.head.append(link);
    return loaded;
  }));
}

export async function start(key) {
  const [answer] = await Promise.all([fetch(`/help/tours/${encodeURIComponent(key)}/`), looks()]);
  const { steps, words } = await answer.json();
  const shown = steps.filter((step) => TARGET(step.target));
  if (!shown.length) return;
  const tour = driver({
    steps: shown.map((step) => ({ element: () => TARGET(step.target), popover: { title: step.title, description: step.text } })),
    popoverClass: "tour",
    showProgress: shown.length > 1,
    progressText: "{{current}} / {{total}}",
    nextBtnText: words.next,
    prevBtnText: words.back,
    doneBtnText: words.done,
    animate: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    smoothScroll: false,
    overlayOpacity: 0.45,
    stagePadding: 6,
    stageRadius: 8,
    onPopoverRender: ({ closeButton, nextButton }) => {
      closeButton.setAttribute("aria-label", words.close);
      requestAnimationFrame(() => nextButton.focus());
    },
  });
  tour.drive();
}
