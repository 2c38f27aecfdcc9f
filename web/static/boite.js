// A search box in the page of another site: one form, in a tree of its own, so that neither changes the other.
// In: the attributes of its own <script>. Out: a form that leads to the results. It asks for nothing and keeps nothing.
{
  const own = document.currentScript;
  const place = document.createElement("div");
  const root = place.attachShadow({ mode: "open" });
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const input = make("input", { type: "search", name: "q", maxLength: 2000, autocomplete: "off" });
  const label = make("label", {}, make("span", { textContent: own.dataset.label }), input);
  const button = make("button", { textContent: own.dataset.button });
  const action = new URL("..", own.src).href;
  const form = make("form", { action, method: "get", acceptCharset: "UTF-8", role: "search" }, label, button);
  form.lang = "fr";
  // A sheet made here, not written in the page, is let through by the strictest policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; color-scheme: light dark; }
    form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; max-width: 34rem; font: 1rem/1.4 system-ui, sans-serif; }
    label { flex: 1 1 14rem; min-width: 0; }
    span { display: block; margin-bottom: .25rem; font-weight: 600; }
    input, button { box-sizing: border-box; min-height: 2.75rem; padding: .4rem .8rem; border-radius: .5rem; font: inherit; }
    input { width: 100%; border: 1px solid #7c8685; background: Field; color: FieldText; }
    button { border: 0; background: #0b5c63; color: #fff; font-weight: 600; cursor: pointer; }
    :focus-visible { outline: 3px solid #0b7d86; outline-offset: 2px; }
  `);
  root.adoptedStyleSheets = [sheet];
  root.append(form);
  own.after(place);
}
