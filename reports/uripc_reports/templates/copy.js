// SPDX-License-Identifier: MIT
// Comfort only: everything is readable without this.
const all = (selector) => Array.from(document.querySelectorAll(selector));
const byId = (id) => document.getElementById(id);

for (const button of all(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
if (matchMedia("(max-width: 44rem)").matches) {
  all(".facts-box").forEach((d) => { d.open = false; });
}

function copy(button) {
  const area = document.createElement("textarea");
  area.value = button.dataset.copy;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy"), label = button.textContent;
  area.remove();
  button.textContent = done ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { button.textContent = label; }, 1500);
}
