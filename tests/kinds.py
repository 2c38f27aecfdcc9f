"""Every kind of page of the service, and what is measured on each of them."""

PATHS = (
    "/", "/?q=bois&niveau=bac-2&domaine=sciences&explain=true", "/?q=boulanger&niveau=bac-8", "/?q=zzzzzz",
    "/metiers/MET.17?q=pain", "/selection",
    "/filtres/domaine?q=bois", "/parcourir", "/plan", "/carte?q=bois", "/carte?q=zzzzzz",
    "/selection?id=MET.17&id=MET.242&q=bou",
    "/comparer?id=MET.17&id=MET.242", "/aide", "/donnees", "/a-propos", "/accessibilite", "/api/docs", "/rien",
    "/?page=0", "/mentions-legales", "/envies",
    "/envies?interet=j-aime-la-nature&interet=j-aime-bouger",
    "/classe?id=MET.17&id=MET.242&nom=3e+B",
    "/diplomes/FOR.618", "/diplomes", "/diplomes?contient=bois", "/sur-votre-site",
    "/integrer?id=MET.17&id=MET.242&nom=3e+B",
)  # fmt: skip

OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"

# Items like those before them in the same list.
ALIKE = """.hit:nth-child(n+4), .columns-list li:nth-child(n+4), .map a:nth-of-type(n+9), tbody tr:nth-child(n+5),
  .choices li:nth-child(n+9), .cards > li:nth-child(n+5)"""
THIN = "alike => document.querySelectorAll(alike).forEach(each => each.remove())"

SMALL = """[...document.querySelectorAll('a, button, input, select, summary')].filter(each => {
  const box = each.getBoundingClientRect(), style = getComputedStyle(each);
  if (!box.width || !box.height || each.closest('.skip, .hidden, svg, [hidden]')) return false;
  if (each.matches('input') && each.closest('label')) return each.closest('label').getBoundingClientRect().height < 24;
  const around = each.parentElement.textContent.trim().length;
  const inline = style.display === 'inline' && around > each.textContent.trim().length;
  return !inline && (box.width < 24 || box.height < 24);
}).map(each => each.outerHTML.slice(0, 100))"""
"""What is too small to be touched, but for words in a sentence."""

COVERED = """(() => {
  const shown = (node) => {
    const range = document.createRange(); range.selectNodeContents(node);
    let boxes = [...range.getClientRects()].map(({ left, right, top, bottom }) => ({ left, right, top, bottom, node }));
    for (let each = node.parentElement; each; each = each.parentElement) {
      if (getComputedStyle(each).overflow === 'visible') continue;
      const edge = each.getBoundingClientRect();
      boxes = boxes.map((box) => ({ ...box, left: Math.max(box.left, edge.left), top: Math.max(box.top, edge.top),
        right: Math.min(box.right, edge.right), bottom: Math.min(box.bottom, edge.bottom) }));
    }
    return boxes.filter((box) => box.right - box.left > 1 && box.bottom - box.top > 1);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), boxes = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const home = node.parentElement;
    if (node.data.trim() && home.checkVisibility() && !home.closest('.hidden, .map svg, option, textarea, .skip'))
      boxes.push(...shown(node));
  }
  boxes.sort((one, other) => one.top - other.top);
  return boxes.flatMap((one, place) => {
    const met = [];
    for (let at = place + 1; at < boxes.length && boxes[at].top < one.bottom; at += 1) {
      const other = boxes[at];
      const high = Math.min(one.bottom, other.bottom) - other.top;
      const low = Math.min(one.bottom - one.top, other.bottom - other.top);
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      if (one.node !== other.node && wide > 2 && high > low / 3) met.push([one, other].map(({ node }) => node.data));
    }
    return met;
  });
})()"""
"""Pairs of texts of which one stands on the other."""

LOST = """(() => {
  const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
  const x = Math.max(1, Math.min(innerWidth - 2, box.x + Math.min(box.width, 40) / 2));
  const at = document.elementFromPoint(x, box.y + box.height / 2);
  const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const isOnTop = at && (each.contains(at) || at.contains(each));
  const told = [each, at].map((one) => one?.outerHTML.slice(0, 90)).join(' under ');
  return isSeen && isOnTop ? '' : `${told} ${style.outlineStyle} at ${box.x}, ${box.y}`;
})()"""
"""Why the focus is not seen: no ring around it, or something over it; "" if it is."""

BROKEN = """[...document.querySelectorAll('label, legend, summary, button, .button, nav a, dt')].flatMap(each => {
  const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT), broken = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.parentElement.closest('.hidden, .seek, svg, option, code')) continue;
    for (const { 0: word, index } of node.data.matchAll(/(?<![\\p{L}\\d])[\\p{L}\\d]{2,6}(?![\\p{L}\\d])/gu)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (lines.size > 1) broken.push(`${word} in ${each.textContent.trim().slice(0, 60)}`);
    }
  }
  return broken;
})"""
"""Short words of what is named or pressed that do not stand on one line."""

WITHOUT_SEARCH = """!location.pathname.startsWith('/integrer') && [...document.querySelectorAll('input[name=q]')]
  .every(each => each.getBoundingClientRect().height === 0 || each.getBoundingClientRect().bottom > innerHeight)"""
"""Whether one has to scroll before one can search; a list framed by another site has no search."""

GLUED = """[...document.querySelectorAll('main :is(a, span, strong, em, small)')].filter(each => {
  const before = each.previousSibling?.textContent ?? '';
  return /[\\p{L}\\d]$/u.test(before) && /^[\\p{L}\\d]/u.test(each.textContent) && !each.closest('svg, a:has(> span)');
}).map(each => each.parentElement.textContent.trim().slice(0, 80))"""
"""Words that run into one another for who does not see the style."""
