// Requests this product makes itself (htmx makes the rest): same marks, same protection.
const headers = () => {
  const given = document.body.getAttribute("hx-headers");
  return { "HX-Request": "true", ...(given ? JSON.parse(given) : {}) };
};

export async function getHtml(url, signal) {
  const answer = await fetch(url, { headers: headers(), signal, credentials: "same-origin" });
  return { status: answer.status, html: answer.status === 204 ? "" : await answer.text() };
}

export const post = (url, data) =>
  fetch(url, { method: "POST", headers: headers(), body: new URLSearchParams(data), credentials: "same-origin" });

// Goes out even when the page is left at that moment.
export const beacon = (url, data) =>
  fetch(url, { method: "POST", headers: headers(), body: new URLSearchParams(data), credentials: "same-origin", keepalive: true });

export const word = (name) => document.body.dataset[name] || "";
export const composing = (event) => event.isComposing || event.keyCode === 229;
export const process = (element) => window.htmx && window.htmx.process(element);
