// Subscribes this browser to its person's pages; without it the section only says how they come.

const place = document.getElementById("push");
const form = place?.querySelector("form[data-push]");
const words = place?.querySelector("[data-push-words]");

function bytes(text) {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("This browser does not allow notifications from here.");
  const worker = await navigator.serviceWorker.register(place.dataset.worker);
  for (let tries = 0; !worker.active && tries < 50; tries += 1) await new Promise((go) => setTimeout(go, 100));
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(place.dataset.key) });
  const told = made.toJSON();
  form.elements.endpoint.value = told.endpoint;
  form.elements.p256dh.value = told.keys.p256dh;
  form.elements.auth.value = told.keys.auth;
  form.submit();
}

if (form && "serviceWorker" in navigator && "PushManager" in window) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    subscribe().catch((fault) => {
      words.textContent = `Not subscribed. ${fault.message}`;
    });
  });
} else if (words) {
  words.textContent = "This browser cannot show pages: it has no web push, or this address is not https.";
}
