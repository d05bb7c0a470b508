// Live regions: at most one announcement in five seconds; P1 at once, and only once an incident.

const GAP = 5000;
const waiting = [];
const shouted = new Set();
let spokenAt = 0;
let timer = 0;

export function say(words) {
  if (!words) return;
  waiting.push(words);
  if (!timer) timer = setTimeout(flush, Math.max(100, spokenAt + GAP - Date.now()));
}

function flush() {
  timer = 0;
  spokenAt = Date.now();
  const words = waiting.splice(0);
  const rest = words.length > 3 ? ` And ${words.length - 3} more.` : "";
  document.getElementById("polite").textContent = words.slice(0, 3).join(" ") + rest;
}

export function shout(incident, words) {
  if (shouted.has(incident)) return say(words);
  shouted.add(incident);
  document.getElementById("urgent").textContent = words;
}
