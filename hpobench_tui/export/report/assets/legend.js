// Which lines are shown, the same in all charts; a legend a section changes it for all.
const hidden = new Set();
const watchers = [];
const visible = (lines) => lines.filter((line) => !hidden.has(line.label));

function changed() {
  for (const watcher of watchers) watcher();
  for (const chart of everyChart) chart.draw(true);
}

function solo(label) {
  const alone = !hidden.has(label) && hidden.size === labels.length - 1;
  hidden.clear();
  if (!alone) labels.forEach((_, other) => other !== label && hidden.add(other));
  changed();
}

function flip(label) {
  if (!hidden.delete(label)) hidden.add(label);
  changed();
}

function bright(label) {
  for (const node of document.querySelectorAll("[data-label]")) {
    node.classList.toggle("dim", label !== null && Number(node.dataset.label) !== label);
  }
}

function legend() {
  const items = labels.map((text, label) => h("button", {
    type: "button", class: "item", "aria-pressed": "true", "data-item": label, title: text,
    onclick: (event) => (event.shiftKey ? solo(label) : flip(label)), ondblclick: () => solo(label),
    onpointerenter: () => bright(label), onpointerleave: () => bright(null),
    onfocus: (event) => event.target.matches(":focus-visible") && bright(label), onblur: () => bright(null),
  }, swatch(label), name(text)));
  watchers.push(() => items.forEach((item, label) => item.setAttribute("aria-pressed", String(!hidden.has(label)))));
  const every = h("button", {type: "button", class: "switch", onclick: () => { hidden.clear(); changed(); }}, "all");
  const none = h("button", {type: "button", class: "switch", onclick: () => {
    labels.forEach((_, label) => hidden.add(label));
    changed();
  }}, "none");
  return h("div", {class: "legend", role: "group", "aria-label": "lines"}, items, every, none,
    h("span", {class: "hint"}, "click: hide or show; double or shift-click: alone"));
}
