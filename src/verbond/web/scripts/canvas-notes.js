// Notes in every field: written, changed where they lie, moved, taken away, answered with a mark.
const FIELDS = ["identity", "image", "values", "mission", "promise", "steps"];
const MAIN = ["identity", "image"]; // elsewhere notes lie beside what the field is for
const MARKS = { agree: "✓", question: "?", star: "★", thanks: "♥" };
const MARK_SHOWN = 60000;
const LONGEST = 600;

export function mount({ line, present, t, el, field, announce, notice, share }) {
  const places = Object.fromEntries(FIELDS.map((name) => [name, prepare(name)]));
  const cards = new Map(); // id -> {node, name (of its field), order, thing, ...parts}
  const short = (text) => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
  const fieldName = (name) => t(`field_${name}`);
  const isShut = (name) => present || (line.settled.locked.includes(name) && !line.me.leads);
  // Where a note may be laid: not where only who wrote it would see it.
  const mayLie = (thing, name) => !isShut(name) && (thing.mine || !line.settled.private.includes(name));
  const isPlain = (thing) => !present && thing.by !== "" && !["private", "anonymous"].some((how) => line.settled[how].includes(thing.values.field));

  // --- a field: its list, and where one writes

  function prepare(name) {
    const { notes } = field(name);
    const isMain = MAIN.includes(name);
    const list = el("ul", { class: "slips", "aria-label": t("notes_of", { field: t(`field_${name}`) }), hidden: true });
    const help = el("p", { class: "visually-hidden", id: `write-help-${name}` }, t("write_help"));
    const words = el("textarea", {
      class: "slips__words", rows: 2, maxlength: LONGEST, "aria-label": t("write", { field: t(`field_${name}`) }), placeholder: t("write_here"),
      "aria-describedby": help.id, enterkeyhint: "done", onkeydown: enters(() => form.requestSubmit()), oninput: () => draft(name, words.value),
    });
    const form = el("form", { class: "slips__form", hidden: !isMain, onsubmit: (event) => (event.preventDefault(), add(name)) }, words, help, el("button", { class: "button button--second" }, t("add")));
    const opener = el("button", { class: "button button--second slips__opener", type: "button", hidden: isMain, onclick: () => openForm(name) }, t("write_beside"));
    notes.append(list, opener, form);
    words.value = draft(name);
    const place = { list, form, words, opener, ids: [] };
    if (words.value) (form.hidden = false), (opener.hidden = true);
    return place;
  }

  function openForm(name) {
    places[name].opener.hidden = true;
    places[name].form.hidden = false;
    places[name].words.focus();
  }

  // Where one writes, or what opens that.
  const writer = (name) => (places[name].form.hidden ? places[name].opener : places[name].words);

  // What is being written stays in this browser until it lies there.
  function draft(name, text) {
    const place = `canvas draft ${line.address} ${line.me.code} ${name}`;
    try {
      if (text === undefined) return sessionStorage.getItem(place) ?? "";
      if (text) sessionStorage.setItem(place, text);
      else sessionStorage.removeItem(place);
    } catch {
      return "";
    }
  }

  function enters(act) {
    return (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      act();
    };
  }

  function add(name) {
    const { words } = places[name];
    const text = words.value.trim();
    words.focus();
    if (!text) return;
    const own = line.people.find((one) => one.code === line.me.code)?.department ?? "";
    const department = line.settled.anonymous.includes(name) || !MAIN.includes(name) ? "" : own;
    words.value = "";
    draft(name, "");
    const id = line.do("add", undefined, "note", { field: name, text, department, order: line.between(last(name), undefined) });
    cards.get(id)?.node.scrollIntoView({ block: "nearest" });
    announce(t("note_added", { field: fieldName(name) }));
  }

  const last = (name) => line.thing(places[name].ids.at(-1));

  // --- a note

  function make(thing) {
    const text = el("p", { class: "slip__text" });
    const foot = el("p", { class: "slip__foot" });
    const marks = el("p", { class: "slip__marks" });
    const more = el("button", { class: "slip__more", type: "button", tabindex: -1, "aria-haspopup": "menu", "aria-expanded": "false" }, el("span", { "aria-hidden": "true" }, "⋯"));
    const node = el("li", { class: "slip", "data-id": thing.id }, text, foot, marks, more);
    return { node, text, foot, marks, more, id: thing.id };
  }

  function fill(card, thing) {
    const { values } = thing;
    card.thing = thing;
    if (!card.editor && card.said !== values.text) {
      card.text.textContent = card.said = values.text;
      card.more.setAttribute("aria-label", t("note_menu", { text: short(values.text) }));
    }
    const who = thing.by && !thing.mine ? line.name(thing.by) : thing.mine ? t("me") : "";
    const value = line.thing(values.group)?.values.name;
    const said = [values.department, who, values.source, value && t("note_value", { value }), card.changed && t("note_changed")].filter(Boolean).join(" · ");
    if (card.foot.textContent !== said) card.foot.textContent = said;
    card.node.classList.toggle("slip--mine", thing.mine);
    card.node.classList.toggle("slip--waiting", Boolean(thing.waiting));
    card.node.classList.toggle("slip--grouped", Boolean(value));
  }

  // --- where a note lies: lists are kept in order, and only what moves is moved

  const before = (a, b) => a.order < b.order || (a.order === b.order && a.id < b.id);

  function put(card, name, order, id) {
    const ids = places[name].ids;
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(cards.get(ids[middle]), { order, id })) low = middle + 1;
      else high = middle;
    }
    Object.assign(card, { name, order });
    ids.splice(low, 0, id);
    const next = cards.get(ids[low + 1])?.node ?? null;
    if (card.node.parentElement !== places[name].list || card.node.nextElementSibling !== next) {
      keepFocus(card.node, () => places[name].list.insertBefore(card.node, next));
    }
    rove(name);
  }

  function take(card) {
    const { ids } = places[card.name];
    ids.splice(ids.indexOf(card.id), 1);
    rove(card.name);
  }

  function keepFocus(node, move) {
    const focused = node.contains(document.activeElement) ? document.activeElement : null;
    const range = focused?.matches("textarea") && [focused.selectionStart, focused.selectionEnd];
    moving = true;
    move();
    if (focused && !node.checkVisibility()) share.showField(node.closest(".board__field").dataset.field);
    if (focused) focused.focus({ preventScroll: true });
    if (range) focused.setSelectionRange(...range);
    moving = false;
  }
  let moving = false;

  // One note of a list stands in the way of Tab; arrows go to the others.
  function rove(name, id) {
    const place = places[name];
    place.list.hidden = !place.ids.length;
    const now = id ?? (place.ids.includes(place.now) ? place.now : place.ids[0]);
    if (place.now !== now) cards.get(place.now)?.more.setAttribute("tabindex", -1);
    place.now = now;
    cards.get(now)?.more.setAttribute("tabindex", 0);
  }

  // A note as the line knows it now.
  function refresh(id) {
    const thing = line.thing(id);
    let card = cards.get(id);
    if (!thing || thing.kind !== "note") return card && lose(card);
    const { field: name, order } = thing.values;
    if (!card) {
      card = make(thing);
      cards.set(id, card);
      fill(card, thing);
      return put(card, name, order, id);
    }
    fill(card, thing);
    if (card.name === name && card.order === order) return;
    take(card);
    put(card, name, order, id);
  }

  function lose(card) {
    const at = places[card.name].ids.indexOf(card.id);
    const hadFocus = card.node.contains(document.activeElement);
    if (card.editor) giveBack(card.name, card.editor.words.value);
    cards.delete(card.id);
    take(card);
    card.node.remove();
    const next = cards.get(places[card.name].ids[Math.min(at, places[card.name].ids.length - 1)]);
    if (hadFocus) (next?.more ?? writer(card.name)).focus();
  }

  function redraw() {
    const ids = new Set([...cards.keys(), ...line.all((one) => one.kind === "note").map((one) => one.id)]);
    for (const id of ids) refresh(id);
    for (const [name, { form, opener }] of Object.entries(places)) {
      form.inert = opener.inert = isShut(name);
      form.classList.toggle("is-shut", isShut(name));
    }
  }

  // --- hearing

  const fresh = new Set();
  let drawing;
  function soon(id) {
    fresh.add(id);
    drawing ??= setTimeout(() => {
      drawing = undefined;
      for (const one of fresh) refresh(one);
      fresh.clear();
    }, 30);
  }

  line.on(({ what, id, told, over, own, old, code, operation, value }) => {
    if (what === "thing" && told) {
      const words = ["text", "department", "source"];
      const now = line.thing(id);
      const isWrittenOver = over && !own && old && now && words.some((slot) => old.values[slot] !== now.values[slot]);
      if (isWrittenOver && cards.has(id)) cards.get(id).changed = true;
      if (now?.kind === "value" || old?.kind === "value") regroup(id);
      soon(id);
    } else if (what === "thing") refresh(id);
    else if (what === "whole" || what === "settled") redraw();
    else if (what === "people") writing();
    else if (what === "reaction") mark(value);
    else if (what === "refused" && operation.values.text && (operation.kind === "note" || cards.has(operation.id))) {
      giveBack(operation.values.field ?? cards.get(operation.id)?.name ?? "identity", operation.values.text);
      if (code) notice(t("given_back"));
    }
  });

  function regroup(value) {
    for (const card of cards.values()) if (card.thing.values.group === value) soon(card.id);
  }

  // Words that found no place go back to where they were written.
  function giveBack(name, text) {
    const { words } = places[name];
    words.value = [words.value, text].filter(Boolean).join("\n").slice(0, LONGEST);
    draft(name, words.value);
    places[name].opener.hidden = true;
    places[name].form.hidden = false;
  }

  function writing() {
    const busy = new Map(line.people.filter((one) => one.editing && one.code !== line.me.code).map((one) => [one.editing, one.name]));
    for (const card of cards.values()) {
      if (Boolean(card.busy) === busy.has(card.id)) continue;
      card.busy = busy.get(card.id);
      card.node.classList.toggle("slip--busy", Boolean(card.busy));
    }
  }

  // --- changing the words

  function edit(card) {
    if (card.editor) return card.editor.words.focus();
    const { values } = card.thing;
    const words = el("textarea", { class: "slip__words", maxlength: LONGEST, rows: 3, "aria-label": t("note_words"), value: values.text });
    const source = values.field === "image" && el("input", { class: "slip__source", maxlength: 200, "aria-label": t("note_source"), placeholder: t("note_source"), value: values.source });
    const editor = el("div", { class: "slip__editor" }, words, source);
    card.editor = { words };
    card.node.classList.add("slip--open");
    card.text.replaceWith(editor);
    words.focus();
    words.setSelectionRange(words.value.length, words.value.length);
    if (isPlain(card.thing)) line.signal("editing", card.id);
    const close = (keep, goBack) => {
      if (!card.editor) return;
      card.editor = undefined;
      const now = { text: words.value.trim(), ...(source ? { source: source.value.trim() } : {}) };
      const changed = Object.fromEntries(Object.entries(now).filter(([slot, text]) => text !== values[slot] && (slot !== "text" || text)));
      card.said = undefined;
      card.node.classList.remove("slip--open");
      editor.replaceWith(card.text);
      line.signal("editing", "");
      if (keep && Object.keys(changed).length) line.do("set", card.id, "", changed);
      if (cards.has(card.id)) fill(card, line.thing(card.id) ?? card.thing);
      if (goBack && card.node.isConnected) card.more.focus();
    };
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close(false, true);
      else enters(() => close(true, true))(event);
      event.stopPropagation();
    });
    editor.addEventListener("focusout", ({ relatedTarget }) => {
      if (!moving && !editor.contains(relatedTarget)) close(true, false);
    });
  }

  // --- what one may do with a note

  function choices(card) {
    const { thing, id, name } = card;
    const items = [];
    const departments = [...new Set(line.people.map((one) => one.department).filter(Boolean))].sort();
    const shut = isShut(name);
    if (thing.mine && !shut) items.push({ label: t("note_edit"), run: () => edit(card) });
    if (isPlain(thing)) items.push({ label: t("note_react"), more: Object.entries(MARKS).map(([mark, sign]) => ({ label: `${sign} ${t(`mark_${mark}`)}`, run: () => line.signal("reaction", { id, mark }) })) });
    const groups = !shut && share.groupMenu?.(thing);
    if (groups?.length) items.push({ label: t("note_group"), more: groups });
    if (!shut) {
      items.push({ label: t("note_move"), more: FIELDS.filter((one) => one !== name && mayLie(thing, one)).map((one) => ({ label: fieldName(one), run: () => move(id, one) })) });
      const at = places[name].ids.indexOf(id);
      if (at > 0) items.push({ label: t("note_earlier"), run: () => shift(card, -1) });
      if (at < places[name].ids.length - 1) items.push({ label: t("note_later"), run: () => shift(card, 1) });
    }
    if (thing.mine && !shut && departments.length) {
      const one = (department) => ({ label: department || t("department_none"), pressed: thing.values.department === department, run: () => line.do("set", id, "", { department }) });
      items.push({ label: t("note_department"), more: [...departments, ""].map(one) });
    }
    if (thing.mine && !shut) items.push({ label: t("note_remove"), run: () => remove(card) });
    else if (line.me.leads) items.push({ label: t("note_hide"), run: () => line.do("set", id, "", { hidden: true }) });
    return items;
  }

  function remove(card) {
    line.do("remove", card.id);
    notice(t("note_removed"), 5);
  }

  // Lay a note in a field: before another one, or behind all.
  function move(id, name, next) {
    const { ids } = places[name];
    const others = ids.filter((one) => one !== id);
    const at = next ? others.indexOf(next) : others.length;
    const card = cards.get(id);
    if (!card || !mayLie(card.thing, name) || isShut(card.name) || (card.name === name && ids.indexOf(id) === at)) return;
    const order = line.between(line.thing(others[at - 1]), line.thing(others[at]));
    const hadFocus = card.node.contains(document.activeElement);
    line.do("set", id, "", card.name === name ? { order } : { field: name, order });
    announce(t("note_at", { field: fieldName(name), place: at + 1, all: others.length + 1 }));
    if (hadFocus) share.showNote(id);
  }

  function shift(card, by) {
    const others = places[card.name].ids.filter((one) => one !== card.id);
    const at = places[card.name].ids.indexOf(card.id) + by;
    if (at < 0 || at > others.length) return;
    move(card.id, card.name, others[at]);
    rove(card.name, card.id);
    card.more.focus();
  }

  share.moveNote = move;
  share.mayLie = (id, name) => cards.has(id) && mayLie(cards.get(id).thing, name);
  share.showNote = function (id) {
    const card = cards.get(id);
    if (!card) return;
    share.showField?.(card.name);
    card.node.scrollIntoView({ block: "nearest" });
    rove(card.name, id);
    card.more.focus({ preventScroll: true });
  };

  const board = document.getElementById("board");
  const cardOf = (target) => cards.get(target.closest?.(".slip")?.dataset.id);
  board.addEventListener("click", ({ target }) => {
    const card = cardOf(target);
    if (!card) return;
    if (target.closest(".slip__more")) {
      rove(card.name, card.id);
      share.menu(card.more, t("note_menu", { text: short(card.thing.values.text) }), choices(card));
    }
  });
  board.addEventListener("dblclick", ({ target }) => {
    const card = cardOf(target);
    if (card?.thing.mine && !isShut(card.name) && target.closest(".slip__text")) edit(card);
  });
  board.addEventListener("focusin", ({ target }) => {
    const card = cardOf(target);
    if (!card) return;
    rove(card.name, card.id);
    if (card.changed) (card.changed = false), fill(card, card.thing);
  });
  board.addEventListener("keydown", (event) => {
    if (!event.target.matches(".slip__more")) return;
    const card = cardOf(event.target);
    const { ids } = places[card.name];
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    const isShifted = event.altKey && !event.ctrlKey && !event.metaKey;
    if (step && isShifted && !isShut(card.name)) {
      const across = event.key === "ArrowLeft" || event.key === "ArrowRight";
      const open = FIELDS.filter((one) => one === card.name || mayLie(card.thing, one));
      const to = across && open[open.indexOf(card.name) + step];
      if (to) move(card.id, to);
      else if (!across) shift(card, step);
    } else if (step && !event.altKey) cards.get(ids[ids.indexOf(card.id) + step])?.more.focus();
    else if (event.key === "Home" || event.key === "End") cards.get(ids.at(event.key === "Home" ? 0 : -1)).more.focus();
    else if (event.key === "F2" && card.thing.mine && !isShut(card.name)) edit(card);
    else if (event.key === "Delete" && card.thing.mine && !isShut(card.name)) remove(card);
    else return;
    event.preventDefault();
  });
  share.keys ??= [];
  share.keys.push(["↑ ↓", t("keys_notes")], ["Alt ↑ ↓", t("keys_order")], ["Alt ← →", t("keys_field")], ["F2", t("keys_edit")], ["Delete", t("keys_remove")]);

  // --- marks: told, not kept

  function mark({ id, mark: which }) {
    const card = cards.get(id);
    if (!card || !MARKS[which]) return;
    card.given ??= {};
    card.given[which] = (card.given[which] ?? 0) + 1;
    showMarks(card);
    setTimeout(() => {
      card.given[which] -= 1;
      showMarks(card);
    }, MARK_SHOWN);
  }

  function showMarks(card) {
    const given = Object.entries(card.given).filter(([, n]) => n > 0);
    card.marks.replaceChildren(...given.map(([which, n]) => el("span", { class: "slip__mark", role: "img", "aria-label": t("mark_given", { n, mark: t(`mark_${which}`) }) }, `${MARKS[which]} ${n}`)));
  }

  redraw();
}
