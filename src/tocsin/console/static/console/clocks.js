// Clocks tick here from the server's time, in the same words as the server writes (times.py).

let offset = 0;

export function setServerTime(iso) {
  const at = Date.parse(iso);
  if (!Number.isNaN(at)) offset = at - Date.now();
}

export function serverNow() {
  return Date.now() + offset;
}

const two = (n) => String(n).padStart(2, "0");

export function elapsed(ms) {
  const s = Math.max(0, Math.trunc(ms / 1000));
  const days = Math.floor(s / 86400);
  const clock = `${two(Math.floor((s % 86400) / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return days ? `${days} d ${clock}` : clock;
}

export function short(ms) {
  const text = elapsed(ms);
  return ms < 3600000 && text.startsWith("00:") ? text.slice(3) : text;
}

export function rounded(ms) {
  const s = Math.max(0, Math.trunc(ms / 1000));
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (s >= size) return `${Math.floor(s / size)} ${unit}`;
  }
  return `${s} s`;
}

export function deadline(start, due, now) {
  const left = due - now;
  if (left < 0) return { words: `Late: +${short(-left)} over ${rounded(due - start)}`, state: "late" };
  return { words: `${short(left)} left`, state: left < (due - start) * 0.2 ? "soon" : "" };
}

function tick() {
  const now = serverNow();
  for (const mark of document.querySelectorAll("[data-clock]")) {
    const at = Date.parse(mark.dataset.at || mark.dateTime);
    let words;
    if (mark.dataset.clock === "until") {
      const shown = deadline(Date.parse(mark.dataset.start), at, now);
      words = shown.words;
      mark.classList.toggle("late", shown.state === "late");
      mark.classList.toggle("soon", shown.state === "soon");
    } else {
      words = mark.dataset.clock === "ago" ? `${rounded(now - at)} ago` : elapsed(now - at);
    }
    if (mark.textContent !== words) mark.textContent = words;
  }
}

export function startClocks() {
  setServerTime(document.body.dataset.now);
  setInterval(tick, 1000);
  const zone = document.getElementById("zone");
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && name && name !== "UTC") {
    const show = () => {
      zone.textContent = `Times are UTC; in ${name} it is ${new Date(serverNow()).toLocaleTimeString("en-GB")}`;
    };
    show();
    setInterval(show, 1000);
  }
}
