// Moves the map: wheel, drag, pinch and buttons zoom and pan; arrow keys go from point to point; a tap shows the point
// that it touched, with a link that opens it; names of jobs appear as the map is enlarged.
// In: the map that the page draws. Out: the same, moved. Without this script the map is drawn and its points are links.

const words = JSON.parse(document.querySelector("#mots").textContent);
const frame = document.querySelector("[data-map]");
const svg = frame.querySelector("svg");
const name = frame.querySelector("[data-name]");
const open = frame.querySelector("[data-open]");
const [left, top, width] = svg.getAttribute("viewBox").split(" ").map(Number);
const dots = [...svg.querySelectorAll("a")].map((link) => {
  const mark = link.firstElementChild;
  const lit = mark.localName === "use";
  const [x, y] = (lit ? ["x", "y"] : ["cx", "cy"]).map((name) => +mark.getAttribute(name));
  const [title, niveau = ""] = mark.textContent.split(" · ");
  return { link, mark, x, y, lit, title, niveau };
});
const names = svg.querySelectorAll(".names text");
const shapes = svg.querySelectorAll("defs path");
let view = { x: left, y: top, w: width };
let current = null;

function draw() {
  view.w = Math.min(width, Math.max(width / 24, view.w));
  view.x = Math.min(left + width - view.w, Math.max(left, view.x));
  view.y = Math.min(top + width - view.w, Math.max(top, view.y));
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.w}`);
  svg.classList.toggle("zoomed", view.w < width);
  // Points grow less than the map, so that they come apart.
  const scale = Math.sqrt(view.w / width);
  for (const shape of shapes) shape.setAttribute("transform", `scale(${scale.toFixed(3)})`);
  for (const { mark, lit } of dots) if (!lit) mark.setAttribute("r", (4 * scale).toFixed(2));
  // Names keep the size that they have on the screen.
  const size = Math.max(21.6, 14 * width / svg.clientWidth) * view.w / width;
  for (const each of names) each.style.fontSize = `${size}px`;
  nameJobs();
}

// Names of the jobs in sight: lit ones first, then those nearest to the middle; none hides a lit point or another name.
const NEAR = 3;
const MOST_NAMES = 40;
const SIGN = 8;
const jobs = document.createElementNS("http://www.w3.org/2000/svg", "g");
jobs.setAttribute("class", "names jobs");
jobs.setAttribute("aria-hidden", "true");
svg.append(jobs);

function nameJobs() {
  if (view.w > width / NEAR) return jobs.replaceChildren();
  const size = 13 * view.w / svg.clientWidth;
  const sign = SIGN * Math.sqrt(view.w / width);
  const [x, y] = [view.x + view.w / 2, view.y + view.w / 2];
  const seen = dots.filter((dot) => Math.abs(dot.x - x) < view.w / 2 && Math.abs(dot.y - y) < view.w / 2);
  seen.sort((one, other) => other.lit - one.lit || far(one, x, y) - far(other, x, y));
  const boxes = (some) => some.map((dot) => [dot.x - sign, dot.y - sign, dot.x + sign, dot.y + sign]);
  const taken = boxes(seen.filter((dot) => dot.lit));
  const covered = boxes(seen.filter((dot) => !dot.lit));
  const meets = (box) => (each) => box[0] < each[2] && each[0] < box[2] && box[1] < each[3] && each[1] < box[3];
  const written = [];
  for (const dot of seen) {
    const half = dot.title.length * size * 0.29;
    const box = [dot.x - half, dot.y + sign, dot.x + half, dot.y + sign + size * 1.3];
    if (written.length >= MOST_NAMES || box[0] < view.x || box[2] > view.x + view.w) continue;
    if (taken.some(meets(box)) || (!dot.lit && covered.some(meets(box)))) continue;
    taken.push(box);
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("x", dot.x);
    text.setAttribute("y", dot.y + sign + size);
    text.style.fontSize = `${size}px`;
    text.textContent = dot.title;
    written.push(text);
  }
  jobs.replaceChildren(...written);
}

function zoom(factor, x = view.x + view.w / 2, y = view.y + view.w / 2) {
  const w = Math.min(width, Math.max(width / 24, view.w * factor));
  view = { x: x - (x - view.x) * w / view.w, y: y - (y - view.y) * w / view.w, w };
  draw();
}

function at(event) {
  const box = svg.getBoundingClientRect();
  return [view.x + (event.clientX - box.left) / box.width * view.w, view.y + (event.clientY - box.top) / box.height * view.w];
}

function point(dot) {
  current?.mark.classList.remove("here");
  current = dot;
  dot?.mark.classList.add("here");
  name.replaceChildren(...(dot ? told(dot) : []));
  open.hidden = !dot;
  if (!dot) return;
  open.href = dot.link.href.baseVal;
  const margin = view.w * 0.1;
  if (dot.x < view.x + margin || dot.x > view.x + view.w - margin || dot.y < view.y + margin || dot.y > view.y + view.w - margin) {
    view.x = dot.x - view.w / 2;
    view.y = dot.y - view.w / 2;
    draw();
  }
}

function told({ title, niveau }) {
  const strong = document.createElement("strong");
  strong.textContent = title;
  return niveau ? [strong, ` ${niveau}`] : [strong];
}

const far = (dot, x, y) => (dot.x - x) ** 2 + (dot.y - y) ** 2;
const nearest = (among, x, y) => among.reduce((best, dot) => (!best || far(dot, x, y) < far(best, x, y) ? dot : best), null);

// The nearest lit point in the quarter that the arrow shows.
function step(dx, dy) {
  const lit = dots.filter((dot) => dot.lit);
  if (!current) return point(nearest(lit, view.x + view.w / 2, view.y + view.w / 2));
  const ahead = lit.filter((dot) => {
    const along = (dot.x - current.x) * dx + (dot.y - current.y) * dy;
    const aside = Math.abs((dot.x - current.x) * dy + (dot.y - current.y) * dx);
    return dot !== current && along > 0 && aside <= along;
  });
  const next = nearest(ahead, current.x, current.y);
  if (next) point(next);
}

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
svg.tabIndex = 0;
svg.setAttribute("role", "application");
svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")} ${words.map}`);
svg.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (KEYS[event.key]) step(...KEYS[event.key]);
  else if (event.key === "Enter" && current) location.assign(current.link.href.baseVal);
  else if (event.key === "+") zoom(0.7, current?.x, current?.y);
  else if (event.key === "-") zoom(1.4, current?.x, current?.y);
  else return;
  event.preventDefault();
});
svg.addEventListener("pointerover", (event) => {
  const link = event.target.closest("a");
  if (link) point(dots.find((dot) => dot.link === link));
});
svg.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && document.activeElement !== svg) return;
  event.preventDefault();
  zoom(event.deltaY > 0 ? 1.15 : 0.87, ...at(event));
}, { passive: false });

// One finger or the mouse drags, two fingers pinch; a drag is not a click.
const fingers = new Map();
let moved = 0;
svg.addEventListener("dragstart", (event) => event.preventDefault());
svg.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); moved = 0; });
svg.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const size = svg.getBoundingClientRect().width;
  const other = [...fingers.values()].find((each) => each.pointerId !== event.pointerId);
  if (other) {
    const gap = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY) || 1;
    zoom(gap(before) / gap(event), ...at(event));
  } else if (view.w < width) {
    view.x -= (event.clientX - before.clientX) / size * view.w;
    view.y -= (event.clientY - before.clientY) / size * view.w;
    draw();
  }
  moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
  fingers.set(event.pointerId, event);
});
for (const end of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(end, (event) => fingers.delete(event.pointerId));
svg.addEventListener("click", (event) => { if (moved > 6) event.preventDefault(); }, true);

// A finger hides what it touches: the nearest point within its reach is shown first, and opened by the link.
const REACH = 24;
let touched = false;
svg.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch"; }, true);
svg.addEventListener("click", (event) => {
  if (!touched || event.defaultPrevented) return;
  event.preventDefault();
  const [x, y] = at(event);
  const reach = REACH * view.w / svg.clientWidth;
  const near = dots.filter((dot) => far(dot, x, y) <= reach ** 2);
  const lit = near.filter((dot) => dot.lit);
  point(nearest(lit.length ? lit : near, x, y));
});

const button = (text, label, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain";
  made.textContent = text;
  made.ariaLabel = label;
  made.addEventListener("click", act);
  return made;
};
const tools = document.createElement("p");
tools.className = "map-tools";
tools.append(
  button("+", words.larger, () => zoom(0.6)),
  button("−", words.smaller, () => zoom(1.6)),
  button(words.whole, words.wholeMap, () => { view = { x: left, y: top, w: width }; draw(); }),
);
frame.prepend(tools);
open.append(words.open, Object.assign(document.createElement("span"), { className: "hidden", textContent: words.job }));
addEventListener("resize", draw);
