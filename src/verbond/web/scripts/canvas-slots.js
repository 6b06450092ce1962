// What one changes in place on the canvas: words, choices, lists, points. What others change arrives without
// taking the place where somebody is writing; whoever is overwritten, or refused, gets her own words back.
export function mount({ line, present, t, el, announce, notice, share }) {
  const open = (field) => !line.settled.private.includes(field) && !line.settled.anonymous.includes(field);
  const written = new Map(); // "id slot" -> what this page wrote there last
  const shown = new Map(); // "id slot" -> function (code, words): say it at the slot
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  function write(id, slot, value) {
    if (same(line.thing(id)?.values[slot], value)) return;
    written.set(`${id} ${slot}`, value);
    line.do("set", id, "", { [slot]: value });
  }

  line.on(({ what, id, over, operation }) => {
    if (what === "thing") {
      for (const [slot, now] of Object.entries(line.thing(id)?.values ?? {})) {
        const own = written.get(`${id} ${slot}`);
        if (own === undefined || same(own, now)) continue;
        written.delete(`${id} ${slot}`);
        if (over) shown.get(`${id} ${slot}`)?.("slot_over", own);
      }
    } else if (what === "refused" && ["add", "set"].includes(operation.act) && operation.kind !== "note") {
      const { text, name, concession } = operation.values;
      const whole = operation.act === "add" ? (text ?? name ?? concession) : concession;
      if (whole) notice(t("slot_refused", { text: whole }), 20);
      for (const [slot, own] of Object.entries(operation.values)) shown.get(`${operation.id} ${slot}`)?.("slot_refused", own);
    }
  });

  // What came between, at the slot, until one has chosen.
  function between(id, slot) {
    const said = el("div", { class: "slot__said", hidden: true });
    const away = (focus) => {
      said.hidden = true;
      if (said.contains(document.activeElement)) focus?.focus();
    };
    const say = (code, own, field) => {
      if (typeof own !== "string") return announce(t(`${code}_list`));
      const back = () => {
        write(id, slot, own);
        away(field);
      };
      const words = t(code, { text: own });
      said.replaceChildren(
        el("p", {}, words),
        el("button", { type: "button", class: "button button--second", onclick: back }, t("slot_back")),
        el("button", { type: "button", class: "button button--second", onclick: () => away(field) }, t("slot_leave")),
      );
      said.hidden = false;
      announce(words);
    };
    return { said, say };
  }

  // Words that are kept when one leaves them. `kind`: "lines" (grows), "line" (Enter keeps it) or a type of input.
  function words({ id, slot, label, hidden, field: place, kind = "lines", most = 400, empty, list, needed }) {
    if (present) return plain(id, slot, label, kind === "date" ? day : undefined);
    const grows = kind === "lines" || kind === "line";
    const field = el(grows ? "textarea" : "input", {
      class: "slot__words", maxlength: most, placeholder: empty, "aria-label": hidden, list, autocomplete: "off",
      ...(grows ? { rows: 1 } : { type: kind }),
    });
    const { said, say } = between(id, slot);
    let known = "";
    // a date changes with every figure that is typed
    field.addEventListener(kind === "date" ? "blur" : "change", keep);
    field.addEventListener("input", grow);
    field.addEventListener("focus", () => open(place) && line.signal("editing", id));
    field.addEventListener("blur", () => open(place) && line.signal("editing", ""));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && kind === "line" && !event.isComposing) {
        event.preventDefault();
        keep();
      } else if (event.key === "Escape" && field.value !== known) {
        event.stopPropagation();
        field.value = known;
        grow();
      }
    });
    shown.set(`${id} ${slot}`, (code, own) => say(code, own, field));

    function keep() {
      if (!line.thing(id)) return;
      if (needed && !field.value.trim()) field.value = known;
      write(id, slot, field.value.trim());
    }
    function grow() {
      if (!grows || CSS.supports("field-sizing", "content")) return;
      field.style.setProperty("block-size", "auto");
      field.style.setProperty("block-size", `${field.scrollHeight + 2}px`);
    }
    function show() {
      const now = line.thing(id)?.values[slot] ?? "";
      if (now === known) return;
      const writing = document.activeElement === field && field.value.trim() !== known && field.value.trim() !== now;
      known = now;
      if (writing) return say("slot_meanwhile", now, field);
      if (field.value.trim() === now) return;
      const at = field.selectionStart;
      field.value = now;
      if (document.activeElement === field && at !== null) field.setSelectionRange(at, at);
      grow();
    }
    const node = el(label ? "label" : "div", { class: `slot slot--${kind}` }, label && el("span", { class: "slot__label" }, label), field);
    return { node: el("div", { class: "slot__whole" }, node, said), field, show };
  }

  // On the wall there is nothing to change: the words as they stand.
  function plain(id, slot, label, say = (now) => now) {
    const field = el("p", { class: "slot__plain" });
    const node = el("div", { class: "slot__whole" }, label && el("span", { class: "slot__label" }, label), field);
    const show = () => {
      const now = line.thing(id)?.values[slot];
      node.hidden = !now;
      field.textContent = now ? say(now) : "";
    };
    return { node, field, show };
  }
  const day = (iso) => (Number.isNaN(Date.parse(iso)) ? iso : new Date(`${iso}T12:00`).toLocaleDateString(document.documentElement.lang, { dateStyle: "long" }));

  // One of several: options [[value, words], ...].
  function choice({ id, slot, label, options }) {
    if (present) return plain(id, slot, label, (now) => Object.fromEntries(options)[now] ?? now);
    const field = el("select", { class: "slot__choice", onchange: () => write(id, slot, field.value) }, options.map(([value, told]) => el("option", { value }, told)));
    const show = () => {
      const now = line.thing(id)?.values[slot] ?? "";
      if (field.value !== now) field.value = now;
    };
    return { node: el("label", { class: "slot" }, el("span", { class: "slot__label" }, label), field), field, show };
  }

  // Yes or no, as a button that stays pressed.
  function pressed({ id, slot, on, off, said }) {
    const button = el("button", { type: "button", class: "slot__pressed", onclick: () => write(id, slot, !line.thing(id)?.values[slot]) });
    const show = () => {
      const now = Boolean(line.thing(id)?.values[slot]);
      button.setAttribute("aria-pressed", now);
      button.textContent = now ? on : off;
      if (said) button.setAttribute("aria-label", said(now));
    };
    return { node: button, show };
  }

  // A list of short words: each may be changed, taken away; a new one goes at the end.
  function lines({ id, slot, label, add, most = 12 }) {
    const now = () => line.thing(id)?.values[slot] ?? [];
    const rows = el("ul", { class: "lines__rows" });
    const enter = (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      event.target.dispatchEvent(new Event("change"));
      if (event.target === fresh) more(event);
    };
    const area = (attributes) => el("textarea", { class: "slot__words", rows: 1, maxlength: 400, onkeydown: enter, ...attributes });
    const fresh = area({ "aria-label": add, placeholder: add });
    const form = el("form", { class: "lines__form", onsubmit: more }, fresh, el("button", { class: "button button--second" }, t("add")));
    let known = [];
    shown.set(`${id} ${slot}`, (code) => announce(t(`${code}_list`)));

    function more(event) {
      event.preventDefault();
      const text = fresh.value.trim();
      if (!text || now().length >= most) return;
      if (!now().includes(text)) write(id, slot, [...now(), text]);
      fresh.value = "";
    }
    function row(text, n) {
      if (present) return el("li", { class: "slot__plain" }, text);
      const field = area({ value: text, "aria-label": `${label} ${n + 1}` });
      const button = el("button", { type: "button", class: "slot__away", "aria-label": t("slot_away", { text }), onclick: away }, "×");
      field.addEventListener("change", () => {
        const at = now().indexOf(text);
        const changed = field.value.trim();
        if (!changed || changed === text) return (field.value = text);
        if (at < 0) return announce(t("slot_refused_list"));
        [known[at], text] = [changed, changed];
        button.setAttribute("aria-label", t("slot_away", { text }));
        write(id, slot, now().with(at, changed));
      });
      function away() {
        fresh.focus();
        write(id, slot, now().filter((one) => one !== text));
      }
      return el("li", { class: "lines__row" }, field, button);
    }
    function show() {
      if (same(now(), known)) return;
      const texts = now();
      const old = [...rows.children];
      // rows whose words stand where they stood stay as they are: somebody may be writing in one
      const made = texts.map((text, n) => (text === known[n] ? old[n] : row(text, n)));
      known = [...texts];
      arrange(rows, made);
      form.hidden = texts.length >= most;
    }
    return { node: el("fieldset", { class: "lines" }, el("legend", { class: "slot__label" }, label), rows, form), show };
  }

  // Points to give: less, how many, more; and what all gave together once that is shown.
  function points({ id, kind, name }) {
    const given = el("output", { class: "points__given" });
    const all = el("span", { class: "points__all" });
    const button = (step, sign) => el("button", { type: "button", class: "points__one", onclick: () => give(step) }, sign);
    const [less, more] = [button(-1, "−"), button(1, "+")];
    const node = el("div", { class: "points", role: "group" }, less, given, more, all);
    function give(step) {
      const n = (line.thing(id)?.given ?? 0) + step;
      if (n < 0 || (step > 0 && line.left(kind) < 1)) return announce(t(n < 0 ? "points_none" : "points_gone"));
      line.do("vote", id, "", { n });
      announce(t("points_now", { n, name: name(), left: line.left(kind) }));
    }
    function show(rest) {
      const thing = line.thing(id);
      if (!thing) return;
      node.hidden = !line.settled.budget && thing.points === null;
      node.setAttribute("aria-label", t("points_for", { name: name() }));
      less.setAttribute("aria-label", t("points_less", { name: name() }));
      more.setAttribute("aria-label", t("points_more", { name: name() }));
      less.setAttribute("aria-disabled", thing.given < 1);
      more.setAttribute("aria-disabled", rest < 1);
      given.textContent = thing.given;
      given.classList.toggle("points__given--some", thing.given > 0);
      all.textContent = thing.points === null ? "" : t("points_all", { n: thing.points });
    }
    return { node, show };
  }

  // How many points one has left, above what one gives them to.
  function left(kind) {
    const node = el("p", { class: "points__left" });
    const show = (some) => {
      const n = line.left(kind);
      node.hidden = !line.settled.budget || !some;
      node.textContent = t("points_left", { n, budget: line.settled.budget });
      return n;
    };
    return { node, show };
  }

  // Put nodes in their order; the one in which somebody works stays where it is, the others go around it.
  function arrange(list, nodes) {
    for (const one of [...list.children]) if (!nodes.includes(one)) one.remove();
    if (nodes.every((one, n) => list.children[n] === one)) return;
    const held = nodes.findIndex((one) => one.contains(document.activeElement));
    if (held < 0) return list.append(...nodes);
    nodes[held].before(...nodes.slice(0, held));
    nodes[held].after(...nodes.slice(held + 1));
  }

  // A card a thing, made once: `make(id)` gives {node, show}. The function that is given shows what
  // lies there now, with whatever else `show` takes.
  function keyed(list, make) {
    const cards = new Map();
    return (ids, ...more) => {
      const lost = [...cards].find(([id, card]) => !ids.includes(id) && card.node.contains(document.activeElement));
      const at = lost ? [...list.children].indexOf(lost[1].node) : -1;
      const writing = lost && document.activeElement.matches("textarea") ? document.activeElement.value.trim() : "";
      for (const id of [...cards.keys()]) if (!ids.includes(id)) cards.delete(id);
      for (const id of ids) {
        if (!cards.has(id)) cards.set(id, make(id));
        cards.get(id).show(...more);
      }
      arrange(list, ids.map((id) => cards.get(id).node));
      if (lost) {
        if (writing) notice(t("slot_gone", { text: writing }), 20);
        const next = list.children[Math.min(at, list.childElementCount - 1)] ?? list;
        (next.querySelector("textarea, input, button") ?? next.closest("section")).focus();
      }
    };
  }

  // Children that are made anew only when what they say is new: what has the focus is not taken away for nothing.
  function anew(node, said, make) {
    if (node.dataset.said === said) return;
    node.dataset.said = said;
    const opened = new Set([...node.querySelectorAll("details[open]")].map((one) => one.dataset.of));
    const held = node.contains(document.activeElement) ? marks(node).indexOf(document.activeElement) : -1;
    node.replaceChildren(...make().flat().filter(Boolean));
    for (const one of node.querySelectorAll("details")) one.open ||= opened.has(one.dataset.of);
    if (held >= 0) (marks(node)[Math.min(held, marks(node).length - 1)] ?? node.closest("section[tabindex]")).focus();
  }
  const marks = (node) => [...node.querySelectorAll("button, summary, select, input, textarea")];

  function again(node, all, make, title) {
    anew(node, JSON.stringify(all), () => [title && el("span", { class: "value__small" }, title), ...all.map(make)]);
    node.hidden = !all.length;
  }

  // Say what others laid down, of some kinds; nothing of what is private reaches this page.
  function tell(kinds, say) {
    const known = new Set(line.all((one) => kinds.includes(one.kind)).map((one) => one.id));
    line.on(({ what, id, told }) => {
      const thing = what === "thing" && told ? line.thing(id) : undefined;
      if (!thing || !kinds.includes(thing.kind) || known.has(id)) return;
      known.add(id);
      if (!thing.mine) announce(say(thing, line.name(thing.by) || t("slot_somebody")));
    });
  }

  // Show on every change that `cares` about, once a frame; and keep what stands half written when the page goes.
  function live(show, cares) {
    let asked = false;
    line.on(({ what, id }) => {
      const thing = what === "thing" ? line.thing(id) : undefined;
      if (asked || !["thing", "whole", "settled", "people"].includes(what) || (thing && !cares(thing))) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        show();
      });
    });
    show();
  }
  window.addEventListener("pagehide", () => document.activeElement?.blur());

  // The part of a field that is not notes: first in it, and shut while the field is locked.
  function part(field, name, ...inside) {
    const root = el("fieldset", { class: "in-place" }, el("div", { class: name }, ...inside));
    field.body.prepend(root);
    const id = field.section.dataset.field;
    return () => (root.disabled = line.settled.locked.includes(id) && !line.me.leads);
  }

  share.slots = { words, choice, pressed, lines, points, left, keyed, anew, again, tell, live, part };
}
