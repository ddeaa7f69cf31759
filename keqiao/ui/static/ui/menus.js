// Menus are <details>: one open at a time, closed by a click elsewhere or Esc; arrows walk the entries.
const openMenus = () => document.querySelectorAll("details.menu[open]");

function place(menu) {
  const pop = menu.querySelector(".pop");
  if (!pop || pop.closest(".tabbar")) return;
  // A menu inside something that scrolls would be cut off, so it is laid over the page instead.
  const clipped = menu.closest(".bar, .tbl, .bulk, .col, .why");
  const found = pop.getBoundingClientRect();
  if (!clipped && found.left >= 0 && found.right <= innerWidth) return;
  const at = menu.getBoundingClientRect();
  const lowest = innerHeight - (document.querySelector(".tabbar")?.offsetHeight || 0);
  pop.style.position = "fixed";
  pop.style.top = `${at.bottom + 6}px`;
  if (at.bottom + 6 + pop.offsetHeight > lowest && at.top > pop.offsetHeight + 12) pop.style.top = `${at.top - pop.offsetHeight - 6}px`;
  pop.style.right = "auto";
  pop.style.left = "0";
  pop.style.left = `${Math.max(8, Math.min(pop.classList.contains("left") ? at.left : at.right - pop.offsetWidth, innerWidth - pop.offsetWidth - 8))}px`;
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details.menu") || !menu.open) return;
  openMenus().forEach((other) => other !== menu && !other.contains(menu) && (other.open = false));
  place(menu);
}, true);

// What a menu fetched when it was opened is wider or narrower than what stood there before.
document.addEventListener("htmx:afterSettle", () => openMenus().forEach(place));

document.addEventListener("click", (event) => {
  openMenus().forEach((menu) => !menu.contains(event.target) && (menu.open = false));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key === "Escape" && openMenus().length) {
    openMenus().forEach((one) => (one.open = false));
    menu?.querySelector("summary").focus();
    event.stopPropagation();
  } else if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.matches("select, input, textarea")) {
    const entries = [...menu.querySelectorAll(".pop a, .pop button")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = entries[(entries.indexOf(document.activeElement) + step + entries.length) % entries.length];
    next?.focus();
    event.preventDefault();
  }
});

// On a phone the settings menu is a strip: the entry one is on is brought into sight.
const strip = document.querySelector(".settings > nav");
const entry = strip?.querySelector("[aria-current]");
if (entry && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = entry.offsetLeft - (strip.clientWidth - entry.offsetWidth) / 2;
