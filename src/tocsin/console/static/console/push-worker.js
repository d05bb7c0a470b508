// Shows a page that came by web push, and opens its link when it is pressed.

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch {
    told = {};
  }
  const shown = { body: told.body || "", requireInteraction: Boolean(told.page), data: { url: told.url || "/" } };
  if (told.tag) Object.assign(shown, { tag: told.tag, renotify: Boolean(told.page) });
  event.waitUntil(self.registration.showNotification(told.title || "Tocsin", shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.url));
});
