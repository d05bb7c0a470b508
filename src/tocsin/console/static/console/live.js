// One event stream says what changed; the page then fetches itself. If the stream stops, the page says so.

import { rounded, serverNow, setServerTime } from "./clocks.js";
import { refresh } from "./regions.js";

const STALE_AFTER = 15000;
const SLOWEST = 60000;
const pulse = document.getElementById("pulse");
const words = document.getElementById("pulse-words");
const pause = document.getElementById("pause");
const banner = document.getElementById("stale");

let stream = null;
let heardAt = 0;
let shownAt = 0;
let isPaused = false;
let isLost = false;
let pollEvery = 5000;
let pollAt = 0;
let due = 0;

function state(name, text) {
  pulse.dataset.state = name;
  if (words.textContent !== text) words.textContent = text;
}

function heard(event) {
  heardAt = Date.now();
  let said = {};
  try {
    said = JSON.parse(event.data || "{}");
  } catch {
    said = {};
  }
  if (event.type === "beat") setServerTime(said.now || said.at);
  if (isLost) {
    isLost = false;
    pollEvery = 5000;
    document.body.classList.remove("blind");
    banner.hidden = true;
    banner.textContent = "";
    soon();
  }
  state("live", "on");
  return said;
}

function soon() {
  if (!due) due = setTimeout(catchUp, 300);
}

async function catchUp() {
  due = 0;
  try {
    await refresh();
    shownAt = serverNow();
  } catch {
    // The stale banner tells the reader; the next event or poll tries again.
  }
}

function listen() {
  stream?.close();
  heardAt = Date.now();
  stream = new EventSource(document.body.dataset.live);
  const mine = document.body.dataset.incident;
  for (const kind of ["row", "clock", "banner"]) {
    stream.addEventListener(kind, (event) => {
      const said = heard(event);
      if (!mine || !said.incident || said.incident === mine) soon();
    });
  }
  stream.addEventListener("beat", heard);
  stream.addEventListener("reset", (event) => {
    heard(event);
    soon();
  });
}

function stop() {
  stream?.close();
  stream = null;
}

function watch() {
  if (isPaused || document.hidden) return;
  const silent = Date.now() - heardAt;
  if (silent < STALE_AFTER) return;
  if (!isLost) {
    isLost = true;
    pollAt = Date.now() + pollEvery;
    document.body.classList.add("blind");
    state("lost", "stopped");
  }
  const showing = new Date(shownAt).toISOString().slice(11, 19);
  banner.hidden = false;
  banner.textContent = `Live updates stopped ${rounded(silent)} ago; showing ${showing} UTC.`;
  if (Date.now() >= pollAt) {
    pollEvery = Math.min(pollEvery * 2, SLOWEST);
    pollAt = Date.now() + pollEvery;
    catchUp();
    if (stream?.readyState === EventSource.CLOSED) reopen();
  }
}

function reopen() {
  const before = heardAt;
  listen();
  heardAt = before;
}

function setPaused(to) {
  isPaused = to;
  pause.textContent = to ? "Resume" : "Pause";
  if (to) {
    stop();
    banner.hidden = true;
    state("off", `paused at ${new Date(serverNow()).toISOString().slice(11, 19)} UTC`);
  } else {
    state("off", "connecting");
    listen();
    soon();
  }
}

export function startLive() {
  if (!document.body.dataset.live) return;
  shownAt = serverNow();
  pause.hidden = false;
  pause.addEventListener("click", () => setPaused(!isPaused));
  document.addEventListener("visibilitychange", () => {
    if (isPaused) return;
    if (document.hidden) stop();
    else {
      listen();
      soon();
    }
  });
  state("off", "connecting");
  listen();
  setInterval(watch, 1000);
}
