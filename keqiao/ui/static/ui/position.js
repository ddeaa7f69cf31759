// From a list to a record and back: the record page knows its neighbours and the list's own address.
// Kept for this tab only, as numbers and an address; nothing of a record's content is stored.
const KEY = "keqiao-list";
const MOST = 2000;

const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) || {};
  } catch {
    return {};
  }
};

function keep() {
  const table = document.querySelector("[data-list]");
  if (!table) return;
  const ids = [...table.querySelectorAll("#rows .ck input")].slice(0, MOST).map((box) => box.value);
  const url = new URL(location.href);
  url.searchParams.delete("panel");
  sessionStorage.setItem(KEY, JSON.stringify({ path: table.dataset.list, back: url.pathname + url.search, ids }));
}

function link(place, path, previous, next, text) {
  place.querySelector("[data-count]").textContent = text;
  [[previous, "[rel=prev]"], [next, "[rel=next]"]].forEach(([id, selector]) => {
    const one = place.querySelector(selector);
    if (id) one.href = `${path}${id}/`;
    if (!id) one.setAttribute("aria-disabled", "true");
  });
  place.hidden = false;
}

// The server knows the whole list, with its filters and order; of other pages only what was on them.
async function show() {
  const place = document.querySelector("[data-position]");
  if (!place) return;
  const { path, back, ids = [] } = read();
  if (path !== place.dataset.path) return;
  const url = new URL(back, location.origin);
  const at = ids.indexOf(place.dataset.position);
  if (url.pathname !== path) {
    if (at < 0) return;
    document.querySelector("[data-back]")?.setAttribute("href", back);
    return void link(place, path, ids[at - 1], ids[at + 1], `${at + 1} / ${ids.length}`);
  }
  const answer = await fetch(`${path}${place.dataset.position}/neighbours/${url.search}`, { credentials: "same-origin" });
  if (answer.status !== 200) return;
  const { previous, next, text } = await answer.json();
  document.querySelector("[data-back]")?.setAttribute("href", back);
  link(place, path, previous, next, text);
}

document.addEventListener("htmx:afterSettle", keep);
keep();
show().catch(() => {}); // without a network the page stays as it is
