// Single keys, from the one table the page carries; never in fields, never with modifiers, and they can be off.

const table = JSON.parse(document.body.dataset.keys || "{}");
const help = document.getElementById("help");
const ADDRESSES = { "go-now": "/", "go-incidents": "/incidents", "go-alerts": "/alerts" };
let first = "";
let firstAt = 0;
let opener = null;

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.querySelector("[data-open]"));
const selected = () => document.querySelector('[data-row][aria-selected="true"]');

function select(row) {
  for (const one of document.querySelectorAll('[data-row][aria-selected="true"]')) one.setAttribute("aria-selected", "false");
  row.setAttribute("aria-selected", "true");
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(selected());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  select(next);
  next.querySelector("[data-open]").focus();
}

function press(does) {
  const scope = selected() || document;
  const target = scope.querySelector(`[data-does="${does}"]`) || (document.body.dataset.incident && document.querySelector(`[data-does="${does}"]`));
  if (!target) return false;
  target.click();
  const details = target.closest("details");
  if (details?.open) details.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  return true;
}

export function showHelp() {
  opener = document.activeElement;
  help.showModal();
}

const VERBS = {
  next: () => step(1),
  previous: () => step(-1),
  open: () => selected()?.querySelector("[data-open]").click(),
  "open-new": () => {
    const link = selected()?.querySelector("[data-open]");
    if (link) window.open(link.href, "_blank", "noopener");
  },
  filter: () => document.querySelector("#filters a")?.focus(),
  merge: () => {
    document.querySelectorAll('[data-does="merge"]').forEach((button) => button.click());
    window.scrollTo({ top: 0 });
  },
  help: showHelp,
  back: () => {
    const open = document.querySelector(".actions details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  },
};

function verbOf(event) {
  const now = Date.now();
  const pair = first && now - firstAt <= 900 ? `${first} ${event.key}` : "";
  first = "";
  if (pair && table[pair]) return table[pair];
  if (Object.keys(table).some((keys) => keys.startsWith(`${event.key} `))) {
    first = event.key;
    firstAt = now;
    return "";
  }
  return table[event.key] || "";
}

function arrow(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !event.target.closest?.("[role=grid]")) return false;
  step(by);
  event.preventDefault();
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  if (arrow(event)) return;
  if (event.key === "Escape") return VERBS.back();
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (document.body.dataset.singleKeys !== "on" && event.key.length === 1) return;
  if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;
  const does = verbOf(event);
  if (!does) return;
  if (ADDRESSES[does]) location.assign(ADDRESSES[does]);
  else if (VERBS[does]) VERBS[does]();
  else if (!press(does)) return;
  if (event.key !== "Home") event.preventDefault();
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row?.querySelector("[data-open]")) select(row);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest('.rooms [data-does="help"]')) return;
    event.preventDefault();
    showHelp();
  });
  help.addEventListener("close", () => opener?.focus());
}
