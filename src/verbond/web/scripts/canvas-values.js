// The shared values: what could be one, from which sides it is seen, what it stands for on the circle, which
// values bite, and what was decided about that.
const SIDES = ["identity", "image"];

export function mount(context) {
  const { line, t, el, announce, share } = context;
  const { words, pressed, points, left, keyed, tell, live, part, anew, again } = share.slots;
  let known = null; // the newest of /beside/
  const values = () => line.all((one) => one.kind === "value");
  const nameOf = (id) => line.thing(id)?.values.name ?? "";
  // What lies there, gathered once a show: it is asked for by every card.
  let lying = []; // values
  let decisions = [];
  let open = []; // pairs that bite and about which nothing was decided yet
  let speaking = new Map(); // id of a value -> the notes that speak for it

  function gather() {
    [lying, decisions, speaking] = [[], [], new Map()];
    for (const one of line.all()) {
      if (one.kind === "value") lying.push(one);
      else if (one.kind === "resolution") decisions.push(one);
      else if (one.kind === "note" && one.values.group) speaking.set(one.values.group, [...(speaking.get(one.values.group) ?? []), one]);
    }
    const names = new Map(lying.map((one) => [one.id, one.values.name]));
    const bite = ({ verdict }) => verdict === "opposing" || verdict === "tense";
    open = (known?.pairs ?? []).filter((pair) => bite(pair) && names.get(pair.one) && names.get(pair.other) && !share.decisionOn(pair.one, pair.other));
  }
  share.decisionOn = (one, other) => decisions.find(({ values: v }) => (v.one === one && v.other === other) || (v.one === other && v.other === one));
  const decide = (pair) => share.decide(pair);
  const pairName = ({ one, other }) => t("values_pair", { one: nameOf(one), other: nameOf(other) });
  const circle = circleOf(context);
  const budget = left("value");
  const list = el("ul", { class: "values__list" });
  const cards = keyed(list, card);
  const empty = el("p", { class: "values__empty" }, t("values_empty"));
  const sort = el("button", { type: "button", class: "button button--plain values__sort", onclick: byPoints }, t("values_sort"));
  const fresh = el("input", { class: "slot__words", maxlength: 80, "aria-label": t("values_new"), placeholder: t("values_here"), autocomplete: "off" });
  const form = el("form", { class: "values__form", onsubmit: addTyped }, fresh, el("button", { class: "button button--second" }, t("add")));
  const bites = el("section", { class: "bites", "aria-labelledby": "bites-title" });
  const given = el("section", { class: "given-up", "aria-labelledby": "given-up-title" });
  const shut = part(context.field("values"), "values", circle.node, el("div", { class: "values__cards" }, budget.node, sort, empty, list, form), el("div", { class: "values__told" }, bites, given));

  function addTyped(event) {
    event.preventDefault();
    if (fresh.value.trim()) add(fresh.value);
    fresh.value = "";
  }
  function add(name) {
    return line.do("add", undefined, "value", { name: name.trim().slice(0, 80), order: line.between(values().at(-1), undefined) });
  }

  // In the order of the points that all gave, most first.
  function byPoints() {
    const wanted = values().sort((a, b) => b.points - a.points);
    let last;
    for (const one of wanted) {
      const order = line.between({ values: { order: last } }, undefined);
      if (one.values.order !== order) line.do("set", one.id, "", { order });
      last = order;
    }
    announce(t("values_sorted"));
  }

  // --- a value

  function card(id) {
    const name = words({ id, slot: "name", hidden: t("values_name"), field: "values", kind: "line", most: 80, needed: true });
    const chosen = pressed({ id, slot: "chosen", on: t("values_chosen"), off: t("values_choose"), said: (now) => t(now ? "values_chosen_name" : "values_choose_name", { name: nameOf(id) }) });
    const given = points({ id, kind: "value", name: () => nameOf(id) });
    const two = sides(context);
    const place = placing(context, id);
    const biting = el("div", { class: "value__bites", role: "group", "aria-label": t("values_bites") });
    const meaning = words({ id, slot: "meaning", label: t("values_meaning"), field: "values", empty: t("values_meaning_help") });
    const notes = el("ul", { class: "value__notes" });
    const merge = merging(id);
    const more = el("details", { class: "disclosure value__more" },
      el("summary", {}, t("values_more")), meaning.node, place.choice, notes, merge.node,
      el("div", { class: "value__acts" },
        el("button", { type: "button", class: "button button--second", onclick: () => shift(id, -1) }, t("values_up")),
        el("button", { type: "button", class: "button button--second", onclick: () => shift(id, 1) }, t("values_down")),
        el("button", { type: "button", class: "button button--second", onclick: () => line.do("remove", id) }, t("values_remove")),
      ));
    const node = el("li", { class: "value", "data-value": id, "data-takes-notes": true, "onnote-drop": ({ detail }) => share.group(detail.id, id) },
      el("div", { class: "value__head" }, name.node, chosen.node),
      el("div", { class: "value__middle" }, two.node, given.node), place.node, biting, more);
    function show(rest, all) {
      const thing = line.thing(id);
      for (const one of [name, chosen, meaning]) one.show();
      given.show(rest);
      merge.show(all);
      node.classList.toggle("value--chosen", thing.values.chosen);
      more.firstElementChild.setAttribute("aria-label", t("values_more_of", { name: nameOf(id) }));
      two.show(speaking.get(id) ?? []);
      place.show(known?.values?.find((one) => one.id === id), known?.places ?? []);
      again(biting, openOf(id), biteOf, t("values_bites_with"));
      again(notes, speaking.get(id) ?? [], noteOf);
    }
    return { node, show };
  }

  const openOf = (id) => open.filter(({ one, other }) => one === id || other === id).map((pair) => ({ pair, name: nameOf(pair.one === id ? pair.other : pair.one) }));

  function biteOf({ pair, name }) {
    const words = t(`values_${pair.verdict}_with`, { name });
    return el("button", { type: "button", class: `value__bite value__bite--${pair.verdict}`, "aria-label": words, title: words, "aria-haspopup": "dialog", onclick: () => decide(pair) }, name);
  }

  function noteOf(note) {
    return el("li", { class: "value__note" }, el("span", { class: "value__side" }, t(`field_${note.values.field}`)), el("span", { class: "value__text" }, note.values.text),
      el("button", { type: "button", class: "slot__away", "aria-label": t("values_off", { text: note.values.text }), onclick: () => line.do("set", note.id, "", { group: "" }) }, "×"));
  }

  function shift(id, step) {
    const all = values();
    const at = all.findIndex((one) => one.id === id) + step;
    if (at < 0 || at >= all.length) return announce(t("values_no_further"));
    const [before, after] = step < 0 ? [all[at - 1], all[at]] : [all[at], all[at + 1]];
    line.do("set", id, "", { order: line.between(before, after) });
    announce(t("values_at", { name: nameOf(id), place: at + 1, all: all.length }));
  }

  // One value that is the same as another: what speaks for it goes along, its points go back to who gave them.
  function merging(id) {
    const choice = el("select", { class: "slot__choice" });
    const button = el("button", { type: "button", class: "button button--second", onclick: go }, t("values_merge_do"));
    const node = el("div", { class: "value__merge" }, el("label", { class: "slot" }, el("span", { class: "slot__label" }, t("values_merge")), choice), button, el("p", { class: "value__small" }, t("values_merge_help")));
    function go() {
      const into = choice.value;
      if (!line.thing(into)) return;
      for (const note of speaking.get(id) ?? []) line.do("set", note.id, "", { group: into });
      for (const one of decisions) {
        const changed = Object.fromEntries(["one", "other", "kept"].filter((slot) => one.values[slot] === id).map((slot) => [slot, into]));
        const both = { ...one.values, ...changed };
        if (both.one === both.other) line.do("remove", one.id);
        else if (Object.keys(changed).length) line.do("set", one.id, "", changed);
      }
      const { meaning, chosen } = line.thing(id).values;
      const gains = { ...(meaning && !line.thing(into).values.meaning && { meaning }), ...(chosen && { chosen }) };
      if (Object.keys(gains).length) line.do("set", into, "", gains);
      announce(t("values_merged", { name: nameOf(id), into: nameOf(into) }));
      line.do("remove", id);
    }
    function show(all) {
      const others = all.filter((one) => one.id !== id);
      node.hidden = !others.length;
      const said = JSON.stringify(others.map((one) => [one.id, one.values.name]));
      if (choice.dataset.said === said) return;
      const now = choice.value;
      choice.replaceChildren(...others.map((one) => el("option", { value: one.id }, one.values.name)));
      if (others.some((one) => one.id === now)) choice.value = now;
      choice.dataset.said = said;
    }
    return { node, show };
  }

  // --- what bites, and what was decided

  let told = null; // what contradicts, as it was said last
  function showPairs() {
    const row = (pair) => el("li", { class: `bite bite--${pair.verdict}` },
      el("p", {}, pair.said),
      pair.correlation_said && el("p", { class: "bite__own" }, pair.correlation_said),
      pair.why?.length > 0 && el("details", { class: "disclosure", "data-of": `${pair.one} ${pair.other}` }, el("summary", { "aria-label": t("values_why_of", { pair: pairName(pair) }) }, t("values_why")), pair.why.map((one) => el("p", {}, one))),
      el("button", { type: "button", class: "button button--second", "aria-haspopup": "dialog", "aria-label": t("values_decide_of", { pair: pairName(pair) }), onclick: () => decide(pair) }, t("values_decide")));
    // what contradicts is shown, of chosen values as soon as there are some; the rest waits behind one line
    const loud = ({ verdict, chosen }) => verdict === "opposing" && (chosen || !lying.some((one) => one.values.chosen));
    const said = new Set(open.filter(loud).map((pair) => pair.said));
    for (const words of said) if (told && !told.has(words)) announce(words);
    if (known) told = said;
    const [first, rest] = [open.filter(loud), open.filter((pair) => !loud(pair))];
    anew(bites, JSON.stringify([open, known?.legs, known?.tally, known?.overlap, known?.more, lying.map((one) => one.values.chosen)]), () => [
      el("h3", { id: "bites-title", class: "values__title" }, t("values_bites")),
      ...[known?.overlap, known?.tally].map((one) => one && el("p", { class: "value__small" }, one.said)),
      known?.more && el("p", { class: "value__small" }, known.more),
      known?.legs && el("p", { class: "values__legs" }, known.legs.said),
      first.length > 0 && el("ul", { class: "bites__list" }, first.map(row)),
      rest.length > 0 && el("details", { class: "disclosure bites__more", "data-of": "rest" }, el("summary", {}, t("values_rest", { n: rest.length })), el("ul", { class: "bites__list" }, rest.map(row))),
      lying.length > 1 && el("button", { type: "button", class: "button button--plain bites__own", "aria-haspopup": "dialog", onclick: () => decide(null) }, t("values_own_pair")),
    ]);
    bites.hidden = lying.length < 2;
  }

  function showGivenUp() {
    const all = decisions;
    const said = ({ values: v }) => {
      if (!nameOf(v.one) || !nameOf(v.other)) return "";
      const [kept, rest] = v.kept === v.other ? [v.other, v.one] : [v.one, v.other];
      return t(v.kept ? "values_leads" : "values_both", { name: nameOf(kept), other: nameOf(rest) });
    };
    anew(given, JSON.stringify(all.map((one) => [one.id, one.values, said(one)])), () => [
      el("h3", { id: "given-up-title", class: "values__title" }, t("values_given_up")),
      el("ul", { class: "given-up__list" }, all.map((one) => el("li", { class: "given-up__one", "data-resolution": one.id },
        el("p", { class: "given-up__what" }, one.values.concession || t("values_no_concession")),
        el("p", { class: "value__small" }, [said(one), one.values.reason].filter(Boolean).join(" ")),
        el("button", { type: "button", class: "button button--plain", "aria-label": t("values_change_of", { text: one.values.concession }), onclick: () => decide({ one: one.values.one, other: one.values.other, resolution: one.id }) }, t("values_change"))))),
    ]);
    given.hidden = !all.length;
  }

  // --- all of it

  function show() {
    gather();
    shut();
    empty.hidden = lying.length > 0;
    sort.hidden = !line.settled.tallied || !line.me.leads || lying.length < 2;
    cards(lying.map((one) => one.id), budget.show(lying.length), lying);
    circle.show(known);
    showPairs();
    showGivenUp();
  }
  tell(["value"], (thing, who) => t("values_told", { who, name: thing.values.name }));
  tell(["resolution"], (thing, who) => t("values_told_decided", { who, text: thing.values.concession }));
  live(show, ({ id, kind, values: v }) => kind === "value" || kind === "resolution" || (kind === "note" && (v.group || [...speaking.values()].flat().some((one) => one.id === id))));
  context.beside((newest) => {
    known = newest;
    show();
  });

  // --- what other parts borrow

  share.valueName = (note) => (note.values.group ? nameOf(note.values.group) : "");
  share.group = (note, value) => {
    if (!line.thing(note) || !line.thing(value) || line.thing(note).values.group === value) return;
    line.do("set", note, "", { group: value });
    announce(t("values_grouped", { name: nameOf(value) }));
  };
  share.groupMenu = (note) => [
    ...values().map((one) => ({ label: one.values.name, pressed: note.values.group === one.id, run: () => share.group(note.id, one.id) })),
    ...(share.valueName(note) ? [{ label: t("values_none"), run: () => line.do("set", note.id, "", { group: "" }) }] : []),
    { label: t("values_make"), run: () => share.group(note.id, add(note.values.text)) },
  ];
}

// How many notes of each side speak for a value: two circles that overlap where both do.
function sides({ t, el }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 34 22");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "value__rings");
  const rings = [12, 22].map((x, n) => {
    const ring = document.createElementNS(svg.namespaceURI, "circle");
    for (const [name, value] of Object.entries({ cx: x, cy: 11, r: 9, class: `value__ring value__ring--${SIDES[n]}` })) ring.setAttribute(name, value);
    svg.append(ring);
    return ring;
  });
  const told = el("span", {});
  const node = el("p", { class: "value__sides" }, svg, told);
  return {
    node,
    show(notes) {
      const counts = SIDES.map((side) => notes.filter((one) => one.values.field === side).length);
      rings.forEach((ring, n) => ring.classList.toggle("value__ring--seen", counts[n] > 0));
      node.classList.toggle("value__sides--both", counts[0] > 0 && counts[1] > 0);
      told.textContent = counts[0] + counts[1] ? t("values_sides", { ours: counts[0], theirs: counts[1] }) : t("values_sides_none");
    },
  };
}

// Where a value stands on the circle: what it was read as, and who confirms or chooses another place.
function placing({ line, t, el, announce, share: { slots: { anew } } }, id) {
  const node = el("div", { class: "value__place" });
  const field = el("select", { class: "slot__choice", onchange: () => take(field.value) });
  const choice = el("label", { class: "slot" }, el("span", { class: "slot__label" }, t("values_place")), field);
  let places = [];
  const nameOf = (place) => places.find((one) => one.id === place)?.name ?? place;
  function take(place) {
    line.do("set", id, "", { place });
    announce(t(place ? "values_placed" : "values_unplaced", { name: nameOf(place) }));
  }
  const button = (place, words, label) => el("button", { type: "button", class: "value__suggestion", "aria-label": label, onclick: () => take(place) }, words);
  const others = (read) => (read.suggestions ?? []).filter((one) => one.id !== read.taken_for[0]?.id);
  const offer = (one) => button(one.id, one.because ? t("values_because", { name: one.name, because: one.because }) : one.name);
  // Sure enough: one line. Else what is asked, with the places that come first.
  function asked(read) {
    const [first] = read.taken_for;
    const yes = first && button(first.id, t("values_yes"), t("values_yes_of", { name: first.name, value: line.thing(id).values.name }));
    if (first && !others(read).length) {
      const names = read.taken_for.map((one) => one.name).join(" + ");
      return [el("p", { class: "value__read", title: read.said }, el("span", {}, t("values_read", { names, sure: Math.round(100 * read.sureness) })), yes)];
    }
    return [el("p", { class: "value__small" }, read.said), el("div", { class: "value__suggestions", role: "group", "aria-label": t("values_place") }, yes, others(read).map(offer))];
  }
  function show(read, all) {
    const now = line.thing(id).values.place;
    if (places.length !== all.length) {
      places = all;
      field.replaceChildren(el("option", { value: "" }, t("values_place_none")), ...all.map((one) => el("option", { value: one.id }, one.name)));
    }
    choice.hidden = !all.length;
    if (field.value !== now) field.value = now;
    node.hidden = !now && !read;
    if (now) anew(node, `${now} ${nameOf(now)}`, () => [el("p", { class: "value__read" }, t("values_stands", { name: nameOf(now) }))]);
    else if (read) anew(node, JSON.stringify([read.said, read.taken_for, read.suggestions]), () => asked(read));
  }
  return { node, choice, show };
}

// The circle of ten with what is lit, and the same in words.
function circleOf({ t, el }) {
  const picture = el("div", { class: "values__picture" });
  const words = el("ul", { class: "values__lit" });
  const node = el("div", { class: "values__circle" }, picture, el("details", { class: "disclosure" }, el("summary", {}, t("values_lit")), words));
  let drawn, lit;
  function show(known) {
    node.hidden = !known?.circle;
    if (node.hidden || known.circle === drawn) return;
    drawn = known.circle;
    const read = new DOMParser().parseFromString(drawn, "image/svg+xml");
    picture.replaceChildren(document.importNode(read.documentElement, true));
    const now = new Set((known.lit ?? []).map((one) => one.id));
    for (const id of now) if (lit && !lit.has(id)) picture.querySelector(`.sector--lit[data-value="${id}"]`)?.classList.add("is-new");
    lit = now;
    words.replaceChildren(...(known.lit ?? []).map((one) => el("li", {}, el("b", {}, one.name), `: ${one.values.map((id) => known.values.find((value) => value.id === id)?.name).filter(Boolean).join(", ")}`)));
    if (!known.lit?.length) words.append(el("li", {}, t("values_lit_none")));
  }
  return { node, show };
}
