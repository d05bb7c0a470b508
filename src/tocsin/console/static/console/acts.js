// Forms of acts are sent without leaving the page; what is refused says why beside the form and keeps what was typed.

import { merge } from "./regions.js";
import { say } from "./saying.js";

function refusal(form, words) {
  form.querySelector("[data-refusal]")?.remove();
  const box = words instanceof Element ? words : document.createElement("div");
  if (!(words instanceof Element)) {
    box.className = "refusal";
    box.dataset.refusal = "";
    box.setAttribute("role", "alert");
    box.textContent = words;
  }
  const first = box.querySelector(".happened") || box;
  first.prepend("Not saved. ");
  form.append(box);
}

function accept(form, fresh) {
  const said = document.getElementById("said");
  const news = fresh.getElementById("said");
  const before = document.activeElement;
  form.reset();
  const details = form.closest("details");
  if (details) details.open = false;
  merge(fresh, { force: true });
  said.replaceChildren(...news.childNodes);
  if (!document.contains(before)) document.getElementById("main").focus({ preventScroll: true });
  say(said.textContent.trim());
}

async function send(form, button) {
  button.setAttribute("aria-busy", "true");
  const words = button.firstChild;
  const before = words.textContent;
  words.textContent = "Saving… ";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const refused = fresh.querySelector("[data-refusal]");
    if (answer.ok && !refused) accept(form, fresh);
    else refusal(form, refused ? document.adoptNode(refused) : `The server answered ${answer.status}. Nothing is known to be saved; try again.`);
  } catch {
    refusal(form, "The server did not answer. Nothing is known to be saved; try again, or use the link in your page.");
  } finally {
    button.removeAttribute("aria-busy");
    words.textContent = before;
  }
}

export function startActs() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form) return;
    event.preventDefault();
    const button = event.submitter || form.querySelector("button");
    if (button.getAttribute("aria-busy") !== "true") send(form, button);
  });
}
