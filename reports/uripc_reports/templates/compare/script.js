// SPDX-License-Identifier: MIT
// The filter and the folds that were opened or closed stand in the address, so that a link shows
// what its sender saw: #ANCHOR?differ&hide=pass,info&q=TEXT&fold=ID,ID
const folds = all(".fold").map((element) => {
  const body = element.querySelector(":scope > .body");
  return { element, id: element.id || (body ? body.id : ""), open: element.open };
}).filter((f) => f.id);

function stateText() {
  const parts = [], off = toggles.filter((t) => !t.checked).map((t) => t.value);
  const turned = folds.filter((f) => f.element.open !== f.open).map((f) => f.id);
  if (differ.checked) parts.push("differ");
  if (off.length) parts.push("hide=" + off.join(","));
  if (byId("query").value) parts.push("q=" + encodeURIComponent(byId("query").value));
  if (turned.length && !folded) parts.push("fold=" + turned.join(","));
  return parts.length ? "?" + parts.join("&") : "";
}

const anchorNow = () => location.hash.slice(1).split("?")[0];
function remember() {
  const anchor = anchorNow(), text = stateText();
  if (anchor || text) history.replaceState(null, "", "#" + (anchor || "matrix") + text);
}

function restore() {
  const text = location.hash.split("?")[1];
  if (!text) return;
  const given = new URLSearchParams(text);
  const list = (name) => new Set((given.get(name) || "").split(",").filter(Boolean));
  differ.checked = given.has("differ");
  toggles.forEach((t) => { t.checked = !list("hide").has(t.value); });
  byId("query").value = given.get("q") || "";
  folds.forEach((f) => { f.element.open = f.open !== list("fold").has(f.id); });
  filter();
}

restore();
for (const control of [byId("query"), differ, ...toggles]) {
  control.addEventListener("input", remember);
}
document.addEventListener("toggle", (event) => {
  if (event.target.classList.contains("fold")) remember();
}, true);
window.addEventListener("hashchange", () => {
  if (location.hash.includes("?")) restore(); else remember();
});
byId("link").addEventListener("click", () => {
  remember();
  byId("link").dataset.copy = location.href;
  copy(byId("link"));
});

// A row is marked by the style sheet; a column needs help.
let marked = 0;
function mark(place) {
  if (place === marked) return;
  all(".grid col.hover").forEach((c) => c.classList.remove("hover"));
  if (place > 0) all(`.grid col:nth-child(${place + 1})`).forEach((c) => c.classList.add("hover"));
  marked = place;
}
document.addEventListener("mouseover", (event) => {
  const cell = event.target.closest && event.target.closest(".grid td, .grid-head th");
  mark(cell ? cell.cellIndex : 0);
});
