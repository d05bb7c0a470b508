// Starts what makes the pages quick; without it every page and form still works.

import { startActs } from "./acts.js";
import { startClocks } from "./clocks.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";

// The height of the sticky header, so that nothing that takes the focus hides beneath it.
function measure() {
  const top = document.getElementById("top");
  const isStuck = top && getComputedStyle(top).position === "sticky";
  document.documentElement.style.setProperty("--sticky", isStuck ? `${top.offsetHeight}px` : "0px");
}

startClocks();
startActs();
startKeys();
startLive();
measure();
addEventListener("resize", measure);
document.addEventListener("merged", measure);
