// From mission to promise to first steps: each a list of cards with fields in place, and beside a promise what
// speaks for it and what asks for another look.
export function mount(context) {
  const { line, t, el, field, share, opening } = context;
  const { words, choice, pressed, lines, points, left, keyed, again, tell, live, part } = share.slots;
  let known = null; // the newest of /beside/
  const all = (kind) => line.all((one) => one.kind === kind);

  // A field with cards of one kind, and a form for a new one.
  function cardsOf(name, kind, make, below = []) {
    const list = el("ul", { class: "cards-list" });
    const empty = el("p", { class: "values__empty" }, t(`${kind}_empty`));
    const fresh = el("textarea", { class: "slot__words", rows: 2, maxlength: kind === "mission" ? 600 : 400, "aria-label": t(`${kind}_new`), placeholder: t(`${kind}_new`) });
    const form = el("form", { class: "cards-list__form", onsubmit: add }, fresh, el("button", { class: "button button--second" }, t("add")));
    fresh.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) add(event);
    });
    const budget = kind === "step" ? null : left(kind);
    const shut = part(field(name), `${name}-part`, budget?.node ?? "", empty, list, form, ...below);
    const cards = keyed(list, make);
    function add(event) {
      event.preventDefault();
      const text = fresh.value.trim();
      if (text) line.do("add", undefined, kind, { text, order: line.between(all(kind).at(-1), undefined) });
      fresh.value = "";
    }
    return () => {
      const lying = all(kind).map((one) => one.id);
      shut();
      empty.hidden = lying.length > 0;
      cards(lying, budget?.show(lying.length));
    };
  }
  const textOf = (id) => line.thing(id)?.values.text ?? "";
  function removal(id) {
    const node = el("button", { type: "button", class: "button button--plain", onclick: () => line.do("remove", id) }, t("slot_remove"));
    return { node, show: () => node.setAttribute("aria-label", t("slot_away", { text: textOf(id) })) };
  }
  const chooser = (id, kind) => pressed({ id, slot: "chosen", on: t(`${kind}_chosen`), off: t(`${kind}_choose`), said: (now) => t(now ? `${kind}_chosen_of` : `${kind}_choose_of`, { text: textOf(id) }) });

  // --- mission

  function mission(id) {
    const text = words({ id, slot: "text", hidden: t("mission_text"), field: "mission", most: 600, needed: true });
    const away = removal(id);
    const chosen = chooser(id, "mission");
    const given = points({ id, kind: "mission", name: () => textOf(id) });
    const node = el("li", { class: "mission" }, text.node, el("div", { class: "mission__acts" }, chosen.node, given.node, away.node));
    return {
      node,
      show(rest) {
        for (const one of [text, chosen, away]) one.show();
        given.show(rest);
        node.classList.toggle("mission--chosen", line.thing(id).values.chosen);
      },
    };
  }

  // --- promise

  function promise(id) {
    const place = { id, field: "promise" };
    const text = words({ ...place, slot: "text", hidden: t("promise_text"), needed: true });
    const away = removal(id);
    const chosen = chooser(id, "promise");
    const given = points({ id, kind: "promise", name: () => textOf(id) });
    const slots = [
      words({ ...place, slot: "measure", label: t("promise_measure"), empty: t("promise_measure_help") }),
      choice({ ...place, slot: "size", label: t("promise_size"), options: ["", "small", "fitting", "too_large"].map((one) => [one, t(`promise_size_${one || "none"}`)]) }),
      choice({ ...place, slot: "progression", label: t("promise_progression"), options: ["", "commodity", "good", "service", "experience", "transformation"].map((one) => [one, t(`promise_progression_${one || "none"}`)]) }),
      lines({ ...place, slot: "keeps", label: t("promise_keeps"), add: t("promise_keeps_new") }),
      lines({ ...place, slot: "breaks", label: t("promise_breaks"), add: t("promise_breaks_new") }),
    ];
    const checks = el("ul", { class: "promise__checks" });
    const more = el("details", { class: "disclosure promise__more" }, el("summary", {}, t("promise_more")), el("div", { class: "promise__slots" }, slots.map((one) => one.node)));
    const node = el("li", { class: "promise" }, text.node, el("div", { class: "mission__acts" }, chosen.node, given.node, away.node), checks, more);
    let opened = false;
    function show(rest) {
      const { values } = line.thing(id);
      for (const one of [text, chosen, away, ...slots]) one.show();
      given.show(rest);
      node.classList.toggle("promise--chosen", values.chosen);
      if (values.chosen && !opened) opened = more.open = true;
      more.firstElementChild.setAttribute("aria-label", t("promise_more_of", { text: values.text }));
      checks.setAttribute("aria-label", t("promise_checks_of", { text: values.text }));
      again(checks, (known && Object.hasOwn(known.promises, id) && known.promises[id]) || [], (one) => el("li", { class: `promise__check promise__check--${one.kind}` }, el("span", { class: "visually-hidden" }, t(`promise_check_${one.kind}`)), one.said));
    }
    return { node, show };
  }

  // --- first steps

  const people = el("datalist", { id: "first-step-people" });
  function step(id) {
    const place = { id, field: "steps" };
    const away = removal(id);
    const done = pressed({ id, slot: "done", on: t("step_done"), off: t("step_do"), said: (now) => t(now ? "step_done_of" : "step_do_of", { text: textOf(id) }) });
    const text = words({ ...place, slot: "text", hidden: t("step_text"), needed: true });
    const slots = [
      words({ ...place, slot: "who", label: t("step_who"), kind: "text", most: 120, list: people.id }),
      words({ ...place, slot: "when", label: t("step_when"), kind: "date", most: 40 }),
      choice({ ...place, slot: "rung", label: t("step_rung"), options: [["", t("step_rung_none")], ...opening.rungs.map((one) => [one.id, one.name])] }),
    ];
    const node = el("li", { class: "first-step" }, text.node, el("div", { class: "first-step__slots" }, slots.map((one) => one.node)), el("div", { class: "mission__acts" }, done.node, away.node));
    return {
      node,
      show() {
        for (const one of [done, text, away, ...slots]) one.show();
        node.classList.toggle("first-step--done", line.thing(id).values.done);
      },
    };
  }

  const note = el("details", { class: "disclosure promise__note", hidden: true }, el("summary", {}, t("promise_note")), el("p", {}));
  const fields = [cardsOf("mission", "mission", mission), cardsOf("promise", "promise", promise, [note]), cardsOf("steps", "step", step, [people])];
  function show() {
    for (const one of fields) one();
    note.hidden = !known?.promise_note || !all("promise").length;
    note.lastElementChild.textContent = known?.promise_note ?? "";
    again(people, [...new Set(line.people.map((one) => one.name).filter(Boolean))], (name) => el("option", { value: name }));
  }
  for (const kind of ["mission", "promise", "step"]) {
    tell([kind], (thing, who) => t(`${kind}_told`, { who, text: thing.values.text }));
  }
  live(show, ({ kind }) => ["mission", "promise", "step"].includes(kind));
  context.beside((newest) => {
    known = newest;
    show();
  });
}
