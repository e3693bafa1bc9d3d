// Puts the page together.
const draws = {overview, curves, targets, over_budget, differences, brackets, importance, failures, audit};
const ids = Object.keys(sections);
const top = head();
const made = ids.map((id) => section(id, draws[id]));
document.getElementById("main").append(top,
  h("nav", {"aria-label": "sections"}, ids.map((id) => h("a", {href: `#${id}`}, sections[id].title))), ...made);
if (problems.length) choose(0);
for (const chart of everyChart) chart.draw();

// All is on paper that can be opened on a screen.
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((each) => each.setAttribute("open", ""));
});
window.addEventListener("afterprint", () => opened.forEach((each) => each.removeAttribute("open")));
