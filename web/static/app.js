// What JavaScript adds to pages that are whole without it: results while one types, completions,
// a drawer on phones, a search inside long filters, the selection, sharing. In: the page. Out: nothing but the page.
// Results are the very HTML that the server would send: the same sheets, counts and order.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const words = JSON.parse($("#mots").textContent);
const later = (wait, act) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => act(...given), wait); };
};
// Nothing outside an open dialog is spoken.
const announce = (text) => {
  const place = $("dialog[open] > [role=status]") ?? $("#annonce");
  if (!place) return;
  place.textContent = text;
  place.className = "hidden";
};
// Text that is only to be seen, or that only helps those who go from link to link, is not announced.
const spoken = (element) => {
  const copy = element.cloneNode(true);
  for (const each of $$(".hidden, [aria-hidden]", copy)) each.remove();
  return [element.getAttribute("aria-label"), squeezed(copy)].filter(Boolean).join("\u00a0: ");
};
const squeezed = (element) => element.textContent.trim().replace(/\s+/g, " ");

// Results ------------------------------------------------------------------------------------------------------

const form = $("#recherche");
const PREFIX = document.documentElement.dataset.prefix ?? "";
const pathOf = ({ pathname, search }) => pathname + search;
const here = () => pathOf(location);
let underway;
let shown = here();
let wanted = shown;
let isTyping = false;

function address() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "" && !(name === "sort" && value === "pertinence")) asked.append(name, value);
  }
  const text = asked.toString();
  return text ? `${PREFIX}/?${text}` : `${PREFIX}/`;
}

// A slow answer never replaces a newer one.
async function show(url, { push = true, focus = null, typing = false } = {}) {
  wanted = pathOf(new URL(url, location));
  underway?.abort();
  const mine = underway = new AbortController();
  const results = $("#resultats");
  const again = () => show(url, { push, focus: focus ?? "#total", typing });
  results.ariaBusy = "true";
  let text;
  try {
    text = await (await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" } })).text();
  } catch (error) {
    return error.name === "AbortError" || warn(words.offline, again);
  }
  if (mine.signal.aborted) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = $("#resultats", page);
  if (!fresh) {
    const faults = $$(".faults li", page).map(squeezed).join(" ");
    return warn(faults || words.failed, faults ? null : again);
  }
  results.ariaBusy = "false";
  const moves = wanted !== here();
  if (moves) history[push ? "pushState" : "replaceState"](null, "", url);
  // The next letters replace the entry in the history only once this text has one: an answer given up has made none.
  isTyping = typing && (moves || isTyping);
  shown = here();
  document.title = page.title;
  if (!typing) settle($("#recherche", page));
  replaceFilters($("#panneau", page));
  $("#tiroir > summary").replaceChildren(...$("#tiroir > summary", page).childNodes);
  $(".skip").replaceChildren(...$(".skip", page).childNodes);
  const held = results.contains(document.activeElement) ? document.activeElement.id : "";
  results.replaceChildren(...fresh.childNodes);
  announce([$("#total").dataset.told, ...$$("[data-told]:not(#total)", results).map(spoken)].join(". "));
  prepareResults();
  if (focus ?? held) $(focus ?? `#${held}`)?.focus();
}

// The error is shown above the results, which stay; `again` is what "Réessayer" does, if trying again may help.
function warn(text, again) {
  const results = $("#resultats");
  results.ariaBusy = "false";
  $(".fault", results)?.remove();
  const note = make("p", { className: "note fault" }, text, " ");
  if (again) {
    const retry = make("button", { type: "button", className: "plain", textContent: words.retry });
    retry.addEventListener("click", again);
    note.append(retry);
  }
  results.prepend(note);
  announce(text);
}

// Turns the first page into one of results, but not while somebody types.
function settle(fresh) {
  form.className = fresh.className;
  $("h1", form).textContent = $("h1", fresh).textContent;
}

// The key of a field, a <summary> or a link of the filters, the same before and after the filters are replaced.
const spot = (each) => [each.localName, each.name, each.type === "checkbox" ? each.value : each.dataset.within,
  each.localName === "summary" ? each.parentElement.className : "", each.closest("[data-facet]")?.dataset.facet].join("|");

// Keeps the reader's place in the filters: what is open, what is written in fields, what has the focus.
function replaceFilters(fresh) {
  const panel = $("#panneau");
  const open = new Map($$("details", panel).map((each, place) => [each.dataset.facet ?? place, each.open]));
  const written = new Map($$("[data-within]", panel).map((each) => [each.dataset.within, each]));
  const active = panel.contains(document.activeElement) ? document.activeElement : null;
  // While a number is being typed the filters are not replaced; they are once its field is left.
  if (active?.type === "number") {
    active.addEventListener("blur", () => setTimeout(() => wanted === shown && replaceFilters(fresh)), { once: true });
    return;
  }
  const before = active && spot(active);
  panel.replaceChildren(...fresh.childNodes);
  $$("details", panel).forEach((each, place) => { each.open = open.get(each.dataset.facet ?? place) || each.open; });
  prepareFilters(written);
  if (!active) return;
  const same = $$("input, select, summary, a", panel).find((each) => spot(each) === before);
  (same && !same.disabled ? same : $("#panneau summary"))?.focus({ preventScroll: true });
}

function prepareSearch() {
  const go = () => show(address());
  // The back button goes back by a whole word, not by a letter.
  const soon = later(200, () => address() !== wanted && show(address(), { push: !isTyping, typing: true }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // The keyboard of a phone would hide the results.
    if (matchMedia("(pointer: coarse)").matches) $("#q").blur();
    go();
  });
  $("#q").addEventListener("input", soon);
  document.addEventListener("change", (event) => { if (event.target.form === form && event.target.id !== "q") go(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#resultats a, #panneau a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button || link.hasAttribute("download")) return;
    if (link.pathname !== `${PREFIX}/` || link.origin !== location.origin) return;
    event.preventDefault();
    const turned = link.closest(".pages, .after");
    show(link.href, { focus: "#total" }).then(() => turned && $("#resultats").scrollIntoView());
    $("#q").value = new URL(link.href).searchParams.get("q") ?? "";
  });
  addEventListener("popstate", () => {
    if (here() === shown) return;
    $("#q").value = new URLSearchParams(location.search).get("q") ?? "";
    show(location.href, { push: false });
  });
  prepareFilters(new Map());
  prepareDrawer();
}

// Filters ------------------------------------------------------------------------------------------------------

const LONG = 10;

// `written` holds the fields of the panel before, each with the choices that it had found.
function prepareFilters(written) {
  for (const facet of $$("details[data-facet]")) {
    const name = facet.dataset.facet;
    if ($$(".choices li", facet).length >= LONG && "within" in facet.dataset) prepareWithin(facet, name, written.get(name));
  }
}

// A field that looks among all the choices of a facet, as the server does: children, codes, accents, apostrophes.
function prepareWithin(facet, name, earlier) {
  const legend = $("legend", facet);
  const own = [...legend.parentElement.children].filter((each) => each !== legend);
  const input = make("input", { type: "search", autocomplete: "off", value: earlier?.value ?? "" });
  input.dataset.within = name;
  const status = make("p", { className: "quiet", role: "status" });
  const found = earlier?.closest("fieldset").querySelector(".found") ?? make("ul", { className: "choices found" });
  const swap = () => {
    for (const each of own) input.value.trim() ? each.remove() : legend.parentElement.append(each);
    if (input.value.trim()) legend.parentElement.append(found); else found.remove();
  };
  const sift = async () => {
    const sought = input.value.trim();
    status.textContent = "";
    if (!sought) return swap();
    const asked = new URLSearchParams(address().slice(2));
    asked.delete("page");
    asked.set("contient", sought);
    const answer = await fetch(`${PREFIX}/filtres/${name}?${asked}`).catch(() => null);
    if (input.value.trim() !== sought || !input.isConnected) return;
    if (!answer?.ok) { status.textContent = words.offline; return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const active = found.contains(document.activeElement) && spot(document.activeElement);
    found.replaceChildren(...$(".all-choices > .choices", page).childNodes);
    for (const each of $$("input", found)) each.setAttribute("form", form.id);
    status.textContent = squeezed($(".all-choices > legend", page));
    swap();
    if (active) $$("input", found).find((each) => spot(each) === active)?.focus({ preventScroll: true });
  };
  legend.after(make("label", { className: "within" }, words.within, input), status);
  input.addEventListener("input", later(150, sift));
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  if (earlier?.value.trim()) { swap(); sift(); }
}

function prepareDrawer() {
  const drawer = $("#tiroir");
  const narrow = matchMedia("(max-width: 55.99rem)");
  const close = make("button", { type: "button", id: "fermer" });
  const dialog = make("dialog", { className: "sheet-drawer", ariaLabel: words.filters }, make("p", { className: "foot" }, close), make("p", { className: "hidden", role: "status" }));
  document.body.append(dialog);
  const summary = $("summary", drawer);
  summary.addEventListener("click", (event) => {
    if (!narrow.matches) return;
    event.preventDefault();
    dialog.prepend($("#panneau"));
    dialog.showModal();
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { drawer.append($("#panneau")); summary.focus(); });
  narrow.addEventListener("change", () => dialog.open && dialog.close());
  drawTotal();
}

// Completion: the combobox of the ARIA Authoring Practices ---------------------------------------------------

function prepareCombobox(input) {
  const list = make("div", { id: "propositions", role: "listbox", ariaLabel: words.proposals, hidden: true });
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, "aria-haspopup": "listbox",
  })) input.setAttribute(name, value);
  let asked = "";
  let isAsked = false;
  let active = -1;

  const options = () => $$("[role=option]", list);
  // A closed list stays closed if a late answer comes.
  const close = () => { isAsked = false; list.hidden = true; input.setAttribute("aria-expanded", "false"); point(-1); };
  function point(place) {
    active = place;
    options().forEach((each, at) => each.setAttribute("aria-selected", String(at === place)));
    if (place < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", options()[place].id);
    options()[place].scrollIntoView({ block: "nearest" });
  }
  function group({ name, label, suggestions }) {
    const title = make("span", { id: `propositions-${name}`, className: "kind", role: "presentation", textContent: label });
    const item = make("div", { role: "group" }, title, ...suggestions.map((each, place) => option(each, `${name}-${place}`)));
    item.setAttribute("aria-labelledby", title.id);
    return item;
  }
  function option({ label, ranges, href }, name) {
    // A link, so that it can be opened in another tab.
    const item = make("a", { id: `proposition-${name}`, role: "option", tabIndex: -1, href });
    item.setAttribute("aria-selected", "false");
    const letters = [...label];
    let from = 0;
    for (const [start, end] of ranges) {
      item.append(letters.slice(from, start).join(""), make("mark", { textContent: letters.slice(start, end).join("") }));
      from = end;
    }
    item.append(letters.slice(from).join(""));
    return item;
  }
  const complete = later(120, async () => {
    if (!isAsked || active >= 0) return;
    const text = asked = input.value.trim();
    if (text.length < 2) return close();
    const answer = await fetch(`${PREFIX}/api/v1/suggest?q=${encodeURIComponent(text)}`).catch(() => null);
    if (!answer?.ok) return;
    const { suggestions, groups } = await answer.json();
    // The list does not change while somebody moves through it with the arrow keys.
    if (!isAsked || text !== asked || active >= 0) return;
    const jobs = suggestions.length ? [{ name: "metiers", label: words.jobs, suggestions }] : [];
    list.replaceChildren(...[...jobs, ...groups].map(group));
    list.hidden = !options().length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    point(-1);
  });
  const ask = () => { isAsked = true; point(-1); complete(); };
  input.addEventListener("input", ask);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const count = list.hidden ? 0 : options().length;
    if (event.key === "ArrowDown" && !count && input.value.trim().length > 1) ask();
    if (event.key === "Enter") {
      if (active < 0) return close();
      event.preventDefault();
      location.assign(options()[active].href);
    } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      point((active + 1 + step + count + 1) % (count + 1) - 1);
    } else if (isAsked && event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  // Before the input loses the focus, which closes the list.
  list.addEventListener("mousedown", (event) => { if (!event.button) event.preventDefault(); });
}

// Selection: kept in this browser only -----------------------------------------------------------------------

const MOST = 30;
const KEY = `metiers.selection${PREFIX}`;
const NAME = `metiers.nom${PREFIX}`;
const BEFORE = "metiers.before";
const isId = (id) => /^MET\.[1-9][0-9]{0,8}$/.test(id);
const kept = () => {
  try {
    const ids = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(ids) ? ids.filter(isId).slice(0, MOST) : [];
  } catch { return []; }
};
// If the browser keeps nothing, the links of the pages carry the list in their addresses.
const canKeep = (() => { try { localStorage.setItem(`${KEY}.try`, ""); return true; } catch { return false; } })();
const keep = (ids) => { localStorage.setItem(KEY, JSON.stringify(ids)); drawSelection(); };
const nameOf = () => localStorage.getItem(NAME) ?? "";
const callIt = (name) => (name ? localStorage.setItem(NAME, name) : localStorage.removeItem(NAME));
const listOf = (ids) => {
  const pairs = [...ids.map((id) => ["id", id]), ...(nameOf() ? [["nom", nameOf()]] : [])];
  return `${PREFIX}/selection${ids.length ? `?${new URLSearchParams(pairs)}` : ""}`;
};
const isSame = (some, others) => some.length === others.length && some.every((id) => others.includes(id));

function drawSelection() {
  const ids = kept();
  for (const link of $$("a[data-selection]")) {
    link.href = listOf(ids);
    link.textContent = ids.length ? `${words.selection} (${ids.length})` : words.selection;
  }
  for (const link of $$("[data-keep]")) {
    const isKept = ids.includes(link.dataset.keep);
    link.setAttribute("role", "button");
    link.setAttribute("aria-pressed", String(isKept));
    link.firstChild.textContent = isKept ? words.kept : words.keep;
  }
}

// Shows a message and has screen readers say it.
function tell(text, ...after) {
  const place = $("#annonce");
  place.replaceChildren(text, ...after);
  place.className = "told";
}

function toggleKept(id) {
  const ids = kept();
  if (ids.includes(id)) keep(ids.filter((each) => each !== id));
  else if (ids.length >= MOST) return tell(words.full.replace("{most}", MOST));
  else keep([...ids, id]);
  announce(ids.includes(id) ? words.removed : words.added);
}

function prepareSelection() {
  if (!canKeep) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-keep]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    toggleKept(link.dataset.keep);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches?.("[data-keep]")) { event.preventDefault(); event.target.click(); }
  });
  addEventListener("storage", drawSelection);
  addEventListener("pageshow", drawSelection);
  drawSelection();
  if (!new URLSearchParams(location.search).has("garde")) leaveBehind();
  if (location.pathname === `${PREFIX}/selection`) prepareList();
}

// Without scripts the links carry the list in their addresses; here the browser keeps it, so they need not.
function leaveBehind() {
  for (const link of $$("a[href*='garde=']")) {
    const url = new URL(link.href);
    for (const name of ["garde", "nom"]) url.searchParams.delete(name);
    link.href = pathOf(url) + url.hash;
  }
  for (const field of $$(":is(.seek-on-top, .again) input[type=hidden]")) field.remove();
}

function prepareList() {
  const asked = new URLSearchParams(location.search);
  const mine = kept();
  const shown = [...new Set(asked.getAll("id"))];
  if (!location.search && mine.length) return location.replace(listOf(mine));
  offerUndo();
  if (shown.length && !isSame(shown, mine)) return prepareShared(shown, mine);
  const change = (selector, text, next) => {
    for (const each of $$(selector)) {
      each.addEventListener("click", () => {
        if (text) sessionStorage.setItem(BEFORE, JSON.stringify({ ids: mine, name: nameOf(), text }));
        const ids = next(each);
        if (!ids.length) callIt("");
        keep(ids);
      });
    }
  };
  change("[data-empty]", words.emptied, () => []);
  change("[data-remove]", words.letGo, (each) => mine.filter((id) => id !== each.dataset.remove));
  $("[data-naming]")?.addEventListener("submit", () => callIt($("#nom").value.trim()));
  change("[data-add]", "", (each) => [...mine, each.dataset.add].slice(0, MOST));
}

function undoButton(act) {
  const button = make("button", { type: "button", className: "plain", textContent: words.undo });
  button.addEventListener("click", act);
  return button;
}

function offerUndo() {
  const before = JSON.parse(sessionStorage.getItem(BEFORE) ?? "null");
  sessionStorage.removeItem(BEFORE);
  if (before) tell(`${before.text} `, undoButton(() => { callIt(before.name); keep(before.ids); location.assign(listOf(before.ids)); }));
}

// A list that came by a link is shown beside the reader's own list, which it never replaces: its jobs can be added.
function prepareShared(shown, mine) {
  const name = $("h1").dataset.nom;
  $("h1").textContent = document.title = name ? `${words.sharedList}\u00a0: ${name}` : words.sharedList;
  $("[data-empty]")?.remove();
  const fresh = shown.filter((id) => isId(id) && !mine.includes(id));
  $("[data-list]")?.before(make("p", { className: "note", textContent: fresh.length ? words.sharedIntro : words.allKept }));
  if (!fresh.length) return;
  const add = make("button", { type: "button", textContent: words.addList.replace("{count}", fresh.length) });
  add.addEventListener("click", () => {
    const added = fresh.slice(0, MOST - mine.length);
    if (!mine.length) callIt(name);
    keep([...mine, ...added]);
    add.hidden = true;
    const cut = added.length < fresh.length ? words.listCut.replace("{most}", MOST) : "";
    const undo = undoButton(() => { if (!mine.length) callIt(""); keep(mine); add.hidden = false; tell(words.undone); add.focus(); });
    tell(`${words.listAdded.replace("{count}", added.length)} ${cut} `, undo);
    undo.focus();
  });
  $("[data-actions]").before(add);
}

// If more jobs are ticked than can be compared, the last one is unticked with a message.
function boundCompared() {
  document.addEventListener("change", ({ target }) => {
    const most = Number(target.dataset?.most);
    if (!most || $$("[data-most]:checked").length <= most) return;
    target.checked = false;
    tell(words.comparedMost.replace("{most}", most));
  });
}

// Sharing and printing ---------------------------------------------------------------------------------------

function prepareActions() {
  for (const place of $$("[data-actions]")) {
    const print = make("button", { type: "button", className: "plain", textContent: words.print });
    print.addEventListener("click", () => window.print());
    const share = make("button", { type: "button", className: "plain", textContent: navigator.share ? words.share : words.copy });
    const url = () => $("link[rel=canonical]")?.href ?? location.href;
    share.addEventListener("click", async () => {
      try {
        if (navigator.share) return await navigator.share({ title: document.title, url: location.origin + new URL(url()).pathname + new URL(url()).search });
        await navigator.clipboard.writeText(location.href);
        share.textContent = words.copied;
        announce(words.copied);
      } catch { /* the reader changed their mind */ }
    });
    place.append(print, share);
  }
}

// Reading aloud, by a voice of the browser ---------------------------------------------------------------------

const READ = ["h1", ".sheet > header .lead", ".text > section:not(#reperes, #appellations, #suite) :is(h2, h3, h4, p, li)"].join();

// The button stands only where there is a French voice; some browsers tell their voices late.
function prepareReading() {
  const place = $(".sheet [data-actions]");
  const speech = window.speechSynthesis;
  if (!place || !speech) return;
  const button = make("button", { type: "button", className: "plain", textContent: words.listen });
  let isReading = false;
  const stop = () => { isReading = false; speech.cancel(); button.textContent = words.listen; };
  const voiceOf = () => speech.getVoices().find(({ lang }) => /^fr\b/i.test(lang));
  const read = (texts) => {
    if (!isReading) return;
    if (!texts.length) return stop();
    const said = Object.assign(new SpeechSynthesisUtterance(texts[0]), { lang: "fr-FR", voice: voiceOf() });
    said.onend = () => read(texts.slice(1));
    said.onerror = stop;
    speech.speak(said);
  };
  button.addEventListener("click", () => {
    if (isReading) return stop();
    isReading = true;
    button.textContent = words.stopListening;
    read($$(READ).map(spoken).filter(Boolean));
  });
  document.addEventListener("keydown", (event) => { if (isReading && event.key === "Escape") stop(); });
  addEventListener("pagehide", stop);
  const offer = () => { if (voiceOf() && !button.isConnected) place.prepend(button); };
  speech.addEventListener?.("voiceschanged", offer);
  offer();
}

// Start ------------------------------------------------------------------------------------------------------

function prepareResults() { drawSelection(); drawTotal(); }
function drawTotal() { $("#fermer").textContent = words.results.replace("{total}", $("#total").dataset.total); }

document.documentElement.classList.add("js");
prepareSelection();
boundCompared();
prepareActions();
prepareReading();
if (form) prepareSearch();
const box = form ? $("#q") : $("#chercher");
if (box) prepareCombobox(box);
