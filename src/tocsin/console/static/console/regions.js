// Brings parts of the page up to date from a fresh copy of the same page, without moving what is being read.

import { setServerTime } from "./clocks.js";
import { say, shout } from "./saying.js";

// Tokens against forgery and relative times differ on each copy; they are no news.
const bare = (node) =>
  node.outerHTML
    .replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1")
    .replace(/<(time|span)([^>]*data-clock[^>]*)>[^<]*/g, "<$1>")
    .replace(/ aria-selected="[^"]*"| class="flash"/g, "");

const isBusy = (node) =>
  node.contains(document.activeElement) && document.activeElement !== document.body
    ? true
    : [...node.querySelectorAll("details[open] textarea, details[open] input:not([type=hidden])")].some(
        (field) => field.value !== field.defaultValue,
      );

function keepOpen(from, to) {
  const open = [...from.querySelectorAll("details")].map((one) => one.open);
  to.querySelectorAll("details").forEach((one, i) => {
    if (open[i]) one.open = true;
  });
}

function replace(old, fresh) {
  if (bare(old) === bare(fresh) || isBusy(old)) return;
  keepOpen(old, fresh);
  old.replaceWith(fresh);
}

function patchRow(old, fresh) {
  if (bare(old) === bare(fresh)) return false;
  const focused = old.contains(document.activeElement);
  const tag = focused && document.activeElement.tagName;
  const selected = old.getAttribute("aria-selected");
  old.replaceChildren(...fresh.childNodes);
  if (selected === "true") old.setAttribute("aria-selected", "true");
  if (focused) (old.querySelector(tag) || old.querySelector("a"))?.focus({ preventScroll: true });
  old.classList.remove("flash");
  void old.offsetWidth;
  old.classList.add("flash");
  return true;
}

const rowsOf = (region) => [...region.querySelectorAll("[data-rows] > [data-row]")];
const titleOf = (row) => (row.querySelector("[data-open]") || row).textContent.replace(/\s+/g, " ").trim().slice(0, 160);

function mergeRows(old, fresh, force) {
  const had = new Map(rowsOf(old).map((row) => [row.dataset.row, row]));
  const now = rowsOf(fresh);
  const keys = new Set(now.map((row) => row.dataset.row));
  const added = now.filter((row) => !had.has(row.dataset.row) && !row.dataset.row.startsWith("day-"));
  announce(added);
  if (force || had.size === 0) {
    if (bare(old) !== bare(fresh)) {
      keepOpen(old, fresh);
      old.replaceWith(fresh);
    }
    return;
  }
  for (const row of now) {
    const same = had.get(row.dataset.row);
    if (same && !same.classList.contains("gone") && patchRow(same, row)) say(`Changed: ${titleOf(same)}`);
  }
  for (const [key, row] of had) if (!keys.has(key) && old.dataset.gone) markGone(row, old.dataset.gone);
  if (added.length) bar(old, fresh, added.length);
}

function markGone(row, words) {
  if (row.classList.contains("gone")) return;
  row.classList.add("gone");
  const cell = row.querySelector(".waits");
  if (cell) cell.textContent = words;
  row.querySelector(".act")?.replaceChildren();
}

const told = new Set();
function announce(added) {
  for (const row of added) {
    if (told.has(row.dataset.row)) continue;
    told.add(row.dataset.row);
    if (row.dataset.severity === "P1") shout(row.dataset.row, `P1 Critical, ${row.dataset.row}: ${titleOf(row)}`);
    else say(`New: ${titleOf(row)}`);
  }
}

function bar(region, fresh, count) {
  region.querySelector(".more")?.remove();
  const holder = document.createElement("div");
  holder.className = "more";
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.does = "merge";
  button.textContent = `${count} new – show`;
  button.addEventListener("click", () => {
    region.replaceWith(fresh);
    const first = fresh.querySelector("[data-row] a, [data-row] button");
    if (first) first.focus({ preventScroll: true });
    fresh.scrollIntoView({ block: "nearest" });
  });
  holder.append(button);
  region.querySelector(".panel").prepend(holder);
}

export function merge(fresh, { force = false } = {}) {
  setServerTime(fresh.body.dataset.now);
  for (const old of document.querySelectorAll("[data-region]")) {
    const now = fresh.getElementById(old.id);
    if (!now) continue;
    document.adoptNode(now);
    if (old.dataset.region === "rows") mergeRows(old, now, force);
    else if (force) {
      keepOpen(old, now);
      old.replaceWith(now);
    } else replace(old, now);
  }
  document.dispatchEvent(new CustomEvent("merged"));
}

export async function refresh(options) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
    location.reload();
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  merge(new DOMParser().parseFromString(await answer.text(), "text/html"), options);
}
