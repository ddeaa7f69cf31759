// The service worker makes the site an app and keeps the "no connection" page, never any data.
const { worker } = document.body.dataset;
if (worker && "serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register(worker).catch(() => {}));
}
