// The board's page: opens the line, gives each part its place, and lets everybody hear what others do.
const opening = JSON.parse(document.getElementById("opening").textContent);
const { Line } = await import(opening.modules.line);

// A sentence in the reader's language; {name} stands for a value. With n: `code_one` and `code_other`.
function t(code, values = {}) {
  const plural = values.n === undefined ? undefined : `${code}_${values.n === 1 ? "one" : "other"}`;
  const words = opening.words[plural] ?? opening.words[code];
  if (words === undefined) throw new Error(`no words for ${code}`);
  return words.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// An element: el("button", {class: "x", onclick: f, "aria-label": "y"}, "text", other).
function el(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat().filter((one) => one !== undefined && one !== null && one !== false));
  return made;
}

// Say something to who listens to the screen; several at once become one sentence after another.
const announcer = document.getElementById("announcer");
function announce(words) {
  announcer.append(el("p", {}, words));
  while (announcer.childElementCount > 5) announcer.firstElementChild.remove();
}

// Say something to everybody at this screen: it stands there for a while, and is said to who listens.
function notice(words, seconds = 8) {
  announce(words);
  const said = el("p", { class: "workshop__said", "aria-hidden": "true" }, words);
  const place = document.getElementById("notice");
  place.append(said);
  while (place.childElementCount > 2) place.firstElementChild.remove();
  setTimeout(() => said.remove(), seconds * 1000);
}

// On a screen on the wall (`?present=1`) nobody leads or writes, and nothing there is somebody's own: a note
// without a name would get one, if it were shown as hers who opened the screen.
const present = new URLSearchParams(location.search).has("present");
opening.me.leads &&= !present;
const line = new Line(opening);
if (present) {
  const thing = line.thing.bind(line);
  line.thing = (id) => {
    const one = thing(id);
    return one && { ...one, mine: false, given: 0 };
  };
}

// What the server knows of values, promises and customers (`/beside/`): asked anew a moment after the board
// changed; hearers get the newest.
const beside = { hearers: new Set(), newest: null };
let asking;
const groups = new Map(); // of notes: for which value each spoke when we last heard
const noteGroups = () => line.all((one) => one.values.group).forEach((one) => groups.set(one.id, one.values.group));
noteGroups();
function askBeside() {
  const spread = Math.random() * 10 * line.people.length; // a hundred pages do not all ask at once
  asking ??= setTimeout(async () => {
    asking = undefined;
    const answer = await fetch(`${line.address}beside/`).catch(() => null);
    if (!answer?.ok) return;
    beside.newest = await answer.json();
    for (const hearer of beside.hearers) hearer(beside.newest);
  }, 400 + spread);
}
line.on(({ what, id, told }) => {
  if (what === "whole") {
    noteGroups();
    askBeside();
  }
  if (what !== "thing" || !told) return;
  const thing = line.thing(id);
  const group = thing?.values.group ?? "";
  const moved = group !== (groups.get(id) ?? "");
  groups.set(id, group);
  if (!thing || moved || group || ["value", "resolution", "promise"].includes(thing.kind)) askBeside();
});

const context = {
  line,
  opening,
  present,
  t,
  el,
  announce,
  notice,
  // A field of the canvas: its section, where its own things lie (body), its notes under them (notes), what a
  // facilitator does with it (tools), how it stands (state: private, locked, ...).
  field(name) {
    const section = document.getElementById(`field-${name}`);
    const part = (of) => section.querySelector(`.board__${of}`);
    return { section, body: part("body"), notes: part("notes"), tools: part("tools"), state: part("state") };
  },
  beside(hearer) {
    beside.hearers.add(hearer);
    if (beside.newest) hearer(beside.newest);
  },
  // Functions that parts lend one another: context.share.NAME = ...
  share: {},
};

const parts = Object.entries(opening.modules).filter(([name]) => name !== "line");
for (const part of await Promise.all(parts.map(([, address]) => import(address)))) part.mount(context);

let unkept = false;
line.on(({ what, code, operation }) => {
  if (what === "line" && line.unkept && !unkept) notice(t("line_unkept"), 20);
  if (what === "line") unkept = line.unkept;
  if (what === "line") document.getElementById("line").textContent = line.state === "online" ? "" : t(`line_${line.state}`);
  if (what === "refused") notice(t(operation.act === "budget" ? "refused_budget_set" : `refused_${code}`));
});
window.addEventListener("beforeunload", (event) => line.unkept && event.preventDefault());
line.open();
askBeside();
requestAnimationFrame(() => setTimeout(() => performance.mark("board"))); // everything stands and was painted
