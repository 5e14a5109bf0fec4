// SPDX-License-Identifier: MIT
// Comfort only: everything is readable without this.
byId("filter").hidden = false;

const items = all(".item").map((element) => ({
  element, verdicts: element.dataset.verdict.split(" "), kind: element.dataset.kind,
  text: element.textContent.toLowerCase(),
}));
const toggles = all(".toggles input");
const differ = byId("differ"); // only a page with several backends has it
let folded = null; // the chapters that were folded before the search opened them

// An id such as SND-1 is meant whole: it does not find SND-10.
function finder(word) {
  if (!/^[a-z]+-\d+$/.test(word)) return (text) => text.includes(word);
  const whole = new RegExp("(^|[^a-z0-9-])" + word + "(?![0-9a-z-])");
  return (text) => whole.test(text);
}

function filter() {
  const finders = byId("query").value.toLowerCase().split(/\s+/).filter(Boolean).map(finder);
  const off = new Set(toggles.filter((t) => !t.checked).map((t) => t.value));
  const counts = {};
  for (const item of items) {
    const fits = item.verdicts.some((v) => !off.has(v)) && finders.every((f) => f(item.text)) &&
      (!differ || !differ.checked || item.element.classList.contains("differs"));
    item.element.hidden = !fits;
    const count = counts[item.kind] = counts[item.kind] || { shown: 0, all: 0 };
    count.all += 1;
    count.shown += fits;
  }
  for (const chapter of all(".chapter")) {
    chapter.hidden = !chapter.querySelector(".item:not([hidden])");
  }
  openChapters(finders.length > 0);
  byId("found").textContent = finders.length || off.size || (differ && differ.checked)
    ? Object.entries(counts).map(([kind, c]) =>
      c.shown + " of " + c.all + " " + kind + (c.all === 1 ? "" : "s")).join(", ")
    : "";
}

function openChapters(searching) {
  if (searching && !folded) {
    folded = all(".chapter:not([open])");
    folded.forEach((d) => { d.open = true; });
  } else if (!searching && folded) {
    folded.forEach((d) => { d.open = false; });
    folded = null;
  }
}

byId("query").addEventListener("input", filter);
toggles.forEach((toggle) => toggle.addEventListener("change", filter));
if (differ) differ.addEventListener("change", filter);

const fold = (open) => all("main details").forEach((d) => { d.open = open; });
byId("unfold").addEventListener("click", () => fold(true));
byId("fold").addEventListener("click", () => fold(false));

function reveal(hash) {
  const target = hash && byId(decodeURIComponent(hash.slice(1).split("?")[0]));
  for (let e = target; e; e = e.parentElement) {
    if (e.classList.contains("item") || e.classList.contains("chapter")) e.hidden = false;
    if (e.tagName === "DETAILS") e.open = true;
  }
  if (target) target.scrollIntoView();
}
window.addEventListener("hashchange", () => reveal(location.hash));
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href^='#']");
  if (link) setTimeout(() => reveal(link.getAttribute("href")), 0);
});
window.addEventListener("load", () => reveal(location.hash));

let closed = [];
window.addEventListener("beforeprint", () => {
  closed = all(".failure:not([open]), .chapter:not([open]), .sources:not([open])");
  closed.forEach((d) => { d.open = true; });
});
window.addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));
