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

function show() {
  const place = document.querySelector("[data-position]");
  if (!place) return;
  const { path, back, ids = [] } = read();
  const at = ids.indexOf(place.dataset.position);
  if (path !== place.dataset.path || at < 0) return;
  document.querySelector("[data-back]")?.setAttribute("href", back);
  place.querySelector("[data-count]").textContent = `${at + 1} / ${ids.length}`;
  [[-1, "[rel=prev]"], [1, "[rel=next]"]].forEach(([step, selector]) => {
    const link = place.querySelector(selector);
    const id = ids[at + step];
    if (id) link.href = `${path}${id}/`;
    link.toggleAttribute("aria-disabled", !id);
  });
  place.hidden = false;
}

document.addEventListener("htmx:afterSettle", keep);
keep();
show();
