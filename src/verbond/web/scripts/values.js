// Ten values on a circle, above the form that works without it: the same fields, filled by wedge, by arrow
// keys or by seven large buttons; what is important to oneself and what one sees are two rounds.
const LOW = 1, HIGH = 7, TURN = 2 * Math.PI;
const SIZE = 360, HOLE = 24, RIM = 148, NAMES = 158;
const SVG = "http://www.w3.org/2000/svg";

function made(name, attributes = {}, ...inside) {
  const isDrawn = ["svg", "g", "path", "circle", "text", "textPath"].includes(name);
  const element = isDrawn ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

const at = (turn, radius) =>
  [SIZE / 2 + radius * Math.sin(turn), SIZE / 2 - radius * Math.cos(turn)].map((n) => n.toFixed(1)).join(" ");
const ring = (n) => HOLE + ((RIM - HOLE) * n) / HIGH;
const said = (words, ...numbers) => numbers.reduce((text, n) => text.replace("#", n), words);

function wedge(from, to, inner, outer) {
  const [start, end] = [from + 0.012, to - 0.012];
  return `M${at(start, inner)}L${at(start, outer)}A${outer} ${outer} 0 0 1 ${at(end, outer)}` +
    `L${at(end, inner)}A${inner} ${inner} 0 0 0 ${at(start, inner)}Z`;
}

// The fields underneath: radios, a list or a number, named ...own...VALUE or ...seen...VALUE.
function fieldsOf(form, sides, ids) {
  const fields = new Map();
  for (const one of form.querySelectorAll("input, select")) {
    const side = sides.find((s) => new RegExp(`(^|[._-])${s}[._-]`).test(one.name));
    const value = ids.find((id) => new RegExp(`[._-]${id}$`).test(one.name));
    if (!side || !value) continue;
    const key = `${side} ${value}`;
    fields.set(key, [...(fields.get(key) ?? []), one]);
  }
  return fields;
}

function read(inputs) {
  const one = inputs[0].type === "radio" ? inputs.find((input) => input.checked) : inputs[0];
  return Number(one?.value) || 0;
}

function write(inputs, number) {
  for (const one of inputs) {
    if (one.type === "radio") one.checked = number ? Number(one.value) === number : one.value === "";
    else one.value = number || "";
  }
  const told = inputs.find((one) => one.checked) ?? inputs[0];
  told.dispatchEvent(new Event("input", { bubbles: true }));
  told.dispatchEvent(new Event("change", { bubbles: true }));
}

// What the plain form says: its cards, what is asked of each, and the circle's words.
function toldBy(form) {
  const cards = [...form.querySelectorAll("[data-value]")];
  const text = (element) => [...element.childNodes]
    .filter((node) => !node.classList?.contains("unseen")).map((node) => node.textContent).join("").trim();
  const values = cards.map((card) => (
    { id: card.dataset.value, name: card.dataset.name, meaning: card.querySelector(".cards__text").textContent.trim() }));
  const sides = [...cards[0].querySelectorAll("[data-side]")].map((side) => ({
    id: side.dataset.side, question: text(side.querySelector("legend")),
    ends: [...side.querySelectorAll(".row__ends span")].map((end) => end.textContent) }));
  return { name: `${form.id || "values"}_circle`, values, sides, words: form.dataset };
}

class Circle {
  constructor(form) {
    const told = toldBy(form);
    Object.assign(this, told, { list: form.querySelector("[data-value]").parentNode, active: 0, round: 0 });
    this.fields = fieldsOf(form, told.sides.map((one) => one.id), told.values.map((one) => one.id));
    this.parts = {};
    this.root = this.build();
    this.list.before(this.switched(), this.root);
    this.list.addEventListener("change", () => this.show());
    form.closest("form")?.addEventListener("click", (event) => this.goingOn(event), { capture: true });
    this.show();
    this.choose(form.getAttribute("aria-invalid") === "true" ? "list" : "circle");
  }

  get side() { return this.sides[this.round]; }
  field(value) { return this.fields.get(`${this.side.id} ${value.id}`); }
  number(value) { return read(this.field(value)); }

  // drawing

  build() {
    const p = this.parts;
    p.step = made("p", { class: "circle__step" });
    p.question = made("p", { class: "circle__question", id: `${this.name}_asked` });
    p.done = made("p", { class: "circle__done" });
    p.name = made("p", { class: "circle__name" });
    p.meaning = made("p", { class: "circle__meaning" });
    p.buttons = Array.from({ length: HIGH }, (_, n) => this.button(n + LOW));
    p.low = made("span");
    p.high = made("span");
    p.numbers = made("div", { class: "circle__numbers", role: "group" }, ...p.buttons);
    p.clear = this.plain(this.words.clear, () => this.put(0));
    p.round = made("button", { type: "button", class: "button circle__round" });
    p.round.addEventListener("click", () => this.turn());
    p.live = made("p", { class: "unseen", "aria-live": "polite" });
    const card = made("div", { class: "circle__card" }, p.name, p.meaning, p.numbers,
      made("p", { class: "circle__ends" }, p.low, p.high), p.clear, p.done, p.round);
    return made("div", { class: "circle", hidden: "" }, p.step, p.question,
      made("div", { class: "circle__board" }, this.drawn(), card), p.live);
  }

  button(number) {
    const one = made("button", { type: "button", class: "circle__number" }, String(number));
    one.addEventListener("click", () => {
      this.put(number);
      this.onward();
    });
    return one;
  }

  plain(words, act) {
    const one = made("button", { type: "button", class: "circle__plain" }, words);
    one.addEventListener("click", act);
    return one;
  }

  drawn() {
    const step = TURN / this.values.length;
    this.wedges = this.values.map((value, n) => this.wedge(value, n, (n - 0.5) * step, (n + 0.5) * step));
    const rings = Array.from({ length: HIGH }, (_, n) =>
      made("circle", { cx: SIZE / 2, cy: SIZE / 2, r: ring(n + 1), class: "circle__ring" }));
    const svg = made("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, class: "circle__picture", role: "group",
      "aria-labelledby": `${this.name}_asked` },
      ...this.wedges, made("g", { class: "circle__rings", "aria-hidden": "true" }, ...rings));
    return svg;
  }

  wedge(value, n, from, to) {
    const upside = Math.cos((from + to) / 2) < -0.2;  // below, names run the other way round
    const room = (to - from) / 4;  // a name may be a little longer than its wedge, above all in bold
    const [start, end, turn] = upside ? [to + room, from - room, 0] : [from - room, to + room, 1];
    const radius = upside ? NAMES + 9 : NAMES;
    const id = `${this.name}_${value.id}`;
    const arc = `M${at(start, radius)}A${radius} ${radius} 0 0 ${turn} ${at(end, radius)}`;
    const name = made("textPath", { href: `#${id}`, startOffset: "50%" }, value.name);
    const one = made("g", { class: "circle__wedge", "data-wedge": value.id, role: "slider", tabindex: "0",
      "aria-valuemin": 0, "aria-valuemax": HIGH, "aria-label": `${value.name}. ${value.meaning}` },
      made("path", { class: "circle__back", d: wedge(from, to, HOLE, RIM) }),
      made("path", { class: "circle__fill" }),
      made("path", { class: "circle__arc", id, d: arc }),
      made("text", { class: "circle__label", "aria-hidden": "true" }, name),
      made("path", { class: "circle__edge", d: wedge(from, to, HOLE, RIM) }));
    one.dataset.from = from;
    one.dataset.to = to;
    one.addEventListener("focus", () => this.look(n));
    one.addEventListener("keydown", (event) => this.pressed(event, n));
    one.addEventListener("click", (event) => this.touched(event, n));
    return one;
  }

  // filling

  touched(event, n) {
    this.look(n);
    const box = this.wedges[n].ownerSVGElement.getBoundingClientRect();
    const across = Math.hypot(event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2);
    const radius = (across * SIZE) / box.width;
    if (radius <= RIM) this.put(Math.min(HIGH, Math.max(LOW, Math.ceil(((radius - HOLE) * HIGH) / (RIM - HOLE)))));
  }

  pressed(event, n) {
    const now = this.number(this.values[n]);
    const to = {
      ArrowUp: now + 1, ArrowRight: now + 1, ArrowDown: now - 1, ArrowLeft: now - 1, Home: LOW, End: HIGH,
      PageUp: now + 2, PageDown: now - 2, Delete: 0, Backspace: 0,
    }[event.key] ?? (/^[1-7]$/.test(event.key) ? Number(event.key) : null);
    if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const clears = event.key === "Delete" || event.key === "Backspace";
    this.put(clears ? 0 : Math.min(HIGH, Math.max(LOW, to)), false);
  }

  put(number, tells = true) {
    const value = this.values[this.active];
    write(this.field(value), number);
    if (tells) this.tell(`${value.name}: ${this.spoken(number)}`);
  }

  onward() {
    const order = this.values.map((_, n) => (this.active + 1 + n) % this.values.length);
    const next = order.find((n) => !this.number(this.values[n]));
    if (next === undefined) return this.parts.round.hidden ? undefined : this.parts.round.focus();
    const value = this.values[this.active];
    this.look(next);
    this.tell(`${value.name}: ${this.spoken(this.number(value))}. ${this.values[next].name}. ${this.values[next].meaning}`);
  }

  turn() {
    this.round = (this.round + 1) % this.sides.length;
    this.seen = true;
    this.active = 0;
    this.show();
    this.wedges[0].focus();
    this.tell(`${this.parts.step.textContent} ${this.parts.question.textContent}`);
  }

  // Who goes on with one round done sees the next one first; who skips skips both.
  goingOn(event) {
    const button = event.target.closest("button:not([type=button])"), next = this.sides[this.round + 1];
    if (!button || button.name || !next || this.root.hidden || this.seen) return;
    const filled = (side) => this.values.some((one) => read(this.fields.get(`${side.id} ${one.id}`)));
    if (!filled(this.side) || filled(next)) return;
    event.preventDefault();
    event.stopPropagation();
    this.turn();
  }

  // showing

  look(n) {
    this.active = n;
    this.show();
  }

  spoken(number) { return number ? said(this.words.number, number) : this.words.empty; }
  tell(words) { this.parts.live.textContent = words; }

  show() {
    const { parts: p, sides, values, round } = this, numbers = values.map((one) => this.number(one));
    this.wedges.forEach((one, n) => {
      one.setAttribute("aria-valuenow", numbers[n]);
      one.setAttribute("aria-valuetext", this.spoken(numbers[n]));
      one.classList.toggle("circle__wedge--active", n === this.active);
      const fill = one.querySelector(".circle__fill");
      if (numbers[n]) fill.setAttribute("d", wedge(+one.dataset.from, +one.dataset.to, HOLE, ring(numbers[n])));
      else fill.removeAttribute("d");
    });
    const value = values[this.active];
    p.name.textContent = value.name;
    p.meaning.textContent = value.meaning;
    p.numbers.setAttribute("aria-label", value.name);
    p.buttons.forEach((one, n) => one.setAttribute("aria-pressed", String(numbers[this.active] === n + LOW)));
    p.clear.classList.toggle("circle__plain--away", !numbers[this.active]);
    p.question.textContent = this.side.question;
    [p.low.textContent, p.high.textContent] = this.side.ends;
    p.step.hidden = sides.length < 2;
    p.step.textContent = said(this.words.round, round + 1, sides.length);
    p.done.textContent = said(this.words.done, numbers.filter(Boolean).length, values.length);
    p.round.hidden = sides.length < 2;
    p.round.textContent = round + 1 < sides.length ? this.words.next : this.words.back;
    p.round.classList.toggle("button--second", round + 1 === sides.length || numbers.some((one) => !one));
  }

  // circle or list

  switched() {
    this.parts.switch = this.plain("", () => this.choose(this.root.hidden ? "circle" : "list"));
    return made("p", { class: "circle__switch" }, this.parts.switch);
  }

  choose(which) {
    this.root.hidden = which === "list";
    this.list.hidden = which === "circle";
    this.parts.switch.textContent = which === "list" ? this.words.asCircle : this.words.asList;
  }
}

// `form` holds the plain fields as cards.
export const enhance = (form) => new Circle(form);

for (const form of document.querySelectorAll("[data-as-circle]")) enhance(form);
