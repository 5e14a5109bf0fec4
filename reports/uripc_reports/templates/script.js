// SPDX-License-Identifier: MIT
// Comfort only: everything is readable without this.
"use strict";
(function () {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);

  byId("filter").hidden = false;
  for (const button of all(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  function copy(button) {
    const area = document.createElement("textarea");
    area.value = button.dataset.copy;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  const items = all(".item").map((element) => ({
    element, verdict: element.dataset.verdict, text: element.textContent.toLowerCase(),
  }));
  const toggles = all(".toggle input");

  function filter() {
    const words = byId("query").value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set(toggles.filter((t) => !t.checked).map((t) => t.value));
    let shown = 0;
    for (const item of items) {
      const fits = !off.has(item.verdict) && words.every((word) => item.text.includes(word));
      item.element.hidden = !fits;
      shown += fits;
    }
    for (const chapter of all(".chapter")) {
      chapter.hidden = !chapter.querySelector(".item:not([hidden])");
    }
    byId("found").textContent =
      words.length || off.size ? shown + " of " + items.length + " shown" : "";
  }

  byId("query").addEventListener("input", filter);
  toggles.forEach((toggle) => toggle.addEventListener("change", filter));

  const fold = (open) => all("main details").forEach((d) => { d.open = open; });
  byId("unfold").addEventListener("click", () => fold(true));
  byId("fold").addEventListener("click", () => fold(false));

  function reveal() {
    const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    for (let e = target; e; e = e.parentElement) {
      e.hidden = false;
      if (e.tagName === "DETAILS") e.open = true;
    }
    if (target) target.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all(".failure:not([open]), .chapter:not([open]), .sources:not([open])");
    closed.forEach((d) => { d.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));
})();
