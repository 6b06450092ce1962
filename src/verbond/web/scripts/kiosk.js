// One device on which many answer: one page at a time, the same way as by link, nothing left on the screen.
// The pages stand ready in templates, in each language; the rules and the words in the body's data.
const { dataset } = document.body;
const [{ handedIn, readAnswers, way }, { Store, uuid }, { enhance }] = await Promise.all(
  [dataset.way, dataset.store, dataset.values].map((address) => import(address)));
const RULES = JSON.parse(dataset.rules), WORDS = JSON.parse(dataset.words);
const IDLE = 60, WARNS = 15, THANKS = 12, SOON = 5, SELDOM = 300;  // seconds
const main = document.getElementById("main"), waits = document.getElementById("waits");
const still = document.getElementById("still"), left = document.getElementById("left");
let store = null, visit = null, spoken = dataset.language, stale = false;

const word = (key, ...numbers) => numbers.reduce((text, n) => text.replace("#", n), WORDS[spoken][key]);

// showing

function show(name) {
  const found = document.querySelector(`template[data-screen="${name}"][lang="${spoken}"]`);
  main.replaceChildren(found.content.cloneNode(true));
  main.lang = document.documentElement.lang = spoken;
  for (const one of document.querySelectorAll("[data-speak]")) {
    if (one.dataset.speak === spoken) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  scrollTo(0, 0);
  (main.querySelector("h1") ?? main).focus({ preventScroll: true });
  said();
}

function start() {
  visit = null;
  spoken = dataset.language;
  still.close();
  if (stale) return location.reload();
  show(store ? dataset.door : "broken");
}

function begin() {
  visit = { fields: new Map(), answers: {}, variants: {}, number: -1, begun: performance.now() };
  onward();
}

const along = () => [...way(RULES.pages, { ...visit.answers, ...visit.variants })];
const behind = (number) => along().find((page) => page.number > number);

async function onward() {
  const next = behind(visit.number);
  if (next) await open(next);
  else await handIn();
}

async function open(page) {
  for (const one of page.asked) {
    if (one.kind !== "stimulus" || visit.variants[one.id]) continue;
    const stratum = one.strata ? visit.answers[one.strata] ?? "" : "";
    const place = await store.deal(`${one.id} ${stratum}`, RULES.lots[one.id], one.variants.length);
    visit.variants[one.id] = one.variants[place];
  }
  visit.number = page.number;
  draw();
}

function draw() {
  const pages = along(), page = pages.find((one) => one.number === visit.number);
  show(page.number);
  const form = main.querySelector("form"), ids = page.asked.map((one) => one.id);
  for (const part of form.querySelectorAll("[data-ask]")) {
    const { ask, variant } = part.dataset;
    if (!ids.includes(ask) || (variant && variant !== visit.variants[ask])) part.remove();
  }
  const place = pages.indexOf(page);
  form.querySelector("[data-place]").textContent = word("place", place + 1, pages.length);
  form.querySelector("progress").max = pages.length;
  form.querySelector("progress").value = place;
  form.querySelector("[data-backward]").hidden = place === 0;
  fill(form);
  for (const one of form.querySelectorAll("[data-as-circle]")) enhance(one);
  for (const one of form.querySelectorAll("button[name=clear]")) clears(one, form, page);
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(form, page); });
  form.addEventListener("change", () => label(form, page));
  label(form, page);
}

// Without script this button sends the page; here it only leaves its question open.
function clears(button, form, page) {
  button.type = "button";
  button.addEventListener("click", () => {
    const ask = button.closest(".ask");
    for (const one of ask.querySelectorAll("input")) one.checked = false;
    ask.querySelector("input").focus();
    label(form, page);
  });
}

// The last button says whether it is the last.
function label(form, page) {
  const { answers } = visit;
  visit.answers = joined(page, readAnswers(page.asked, givenIn(form, page.asked)).taken);
  form.querySelector("[data-onward]").textContent = word(behind(page.number) ? "next" : "hand_in");
  visit.answers = answers;
}

function joined(page, taken) {
  const others = Object.entries(visit.answers).filter(([id]) => !page.asked.some((one) => one.id === id));
  return { ...Object.fromEntries(others), ...taken };
}

// fields

function fill(form) {
  for (const one of form.elements) {
    const values = visit.fields.get(one.name) ?? [];
    if (one.type === "radio" || one.type === "checkbox") one.checked = values.includes(one.value);
    else if (one.name) one.value = values[0] ?? "";
  }
}

function keepFields(form) {
  for (const one of form.elements) visit.fields.delete(one.name);
  for (const [key, value] of new FormData(form)) visit.fields.set(key, [...(visit.fields.get(key) ?? []), value]);
}

function givenIn(form, asked) {
  const data = new FormData(form), one = (key) => data.get(key) ?? "";
  return Object.fromEntries(asked.map((question) => {
    const { id, kind, options } = question;
    if (kind === "several") return [id, data.getAll(id)];
    if (kind === "ranking") return [id, ordered(options, options.map((option) => one(`${id}.${option}`)))];
    if (kind === "values") return [id, Object.fromEntries(question.sides.map((side) => [side, Object.fromEntries(
      question.values.map((value) => [value, one(`${id}.${side}.${value}`)]).filter(([, n]) => n))])
      .filter(([, numbers]) => Object.keys(numbers).length))];
    return [id, one(id)];
  }));
}

// Options by their places; one option twice where two have the same place.
function ordered(options, places) {
  const ranked = options.map((option, n) => [option, Number(places[n])]).filter(([, place]) => place);
  if (new Set(ranked.map(([, place]) => place)).size < ranked.length) return [options[0], options[0]];
  return ranked.sort((a, b) => a[1] - b[1]).map(([option]) => option);
}

function leave(form, page) {
  const { taken, problems } = readAnswers(page.asked, givenIn(form, page.asked));
  keepFields(form);
  if (problems.length) return complain(form, problems);
  visit.answers = joined(page, taken);
  onward();
}

function complain(form, problems) {
  form.querySelectorAll(".ask__wrong").forEach((one) => one.remove());
  form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  for (const [id, code] of problems) {
    const ask = form.querySelector(`[data-ask="${id}"]`);
    const wrong = Object.assign(document.createElement("p"), { className: "ask__wrong", id: `${id}-wrong` });
    wrong.textContent = word(`wrong_${code}`, RULES.pages.flatMap((p) => p.questions).find((q) => q.id === id).longest);
    ask.querySelector("legend, label").after(wrong);
    const field = ask.querySelector("fieldset, input, textarea");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", wrong.id);
  }
  form.querySelector("[aria-invalid]").scrollIntoView({ block: "center" });
  form.querySelector("[aria-invalid]:is(input, textarea), [aria-invalid] :is(input, select)")?.focus({ preventScroll: true });
}

function back() {
  keepFields(main.querySelector("form"));
  const before = along().filter((page) => page.number < visit.number).at(-1);
  if (!before) return;
  visit.number = before.number;
  draw();
}

// handing in

async function handIn() {
  const counted = handedIn(RULES.pages, { ...visit.answers, ...visit.variants });
  const shown = Object.keys(visit.variants).filter((id) => id in counted);
  const variants = Object.fromEntries(shown.map((id) => [id, counted[id]]));
  const answers = Object.fromEntries(Object.entries(counted).filter(([id]) => !(id in visit.variants)));
  const seconds = Math.round((performance.now() - visit.begun) / 1000);
  const sheet = { key: uuid(), language: spoken, answers, variants, revision: RULES.revision, seconds };
  const mine = visit;
  if (mine.sent) return;
  mine.sent = true;
  try {
    await store.keep(sheet);
  } catch {
    mine.sent = false;
    waits.textContent = word("not_kept");
    return;
  }
  visit = null;
  show("thanks");
  thanked = performance.now();
  send();
}

let sending = false, again = 0, pause = SOON, stopped = 200;

async function send() {
  if (sending || !store) return;
  sending = true;
  clearTimeout(again);
  stopped = await store.send(dataset.send, (answer) => { stale = answer.version !== dataset.version; });
  sending = false;
  const n = await store.waiting();
  pause = stopped === 200 ? SOON : Math.min(SELDOM, 2 * pause);
  if (n) again = setTimeout(send, 1000 * pause);
  said();
}

async function said() {
  const n = store ? await store.waiting() : 0;
  const why = { 404: "withdrawn", 409: "closed" }[stopped] ?? "later";
  waits.textContent = n ? `${word(n === 1 ? "waits_one" : "waits_other", n)} ${word(why)}` : "";
}

// Nobody there: first a warning, then the beginning, with nothing left on the screen.

let touched = performance.now(), thanked = null;

function look() {
  const now = performance.now();
  if (thanked !== null && now - thanked > 1000 * THANKS) {
    thanked = null;
    if (!visit) start();
  }
  const idle = (now - touched) / 1000;
  if (!visit) {
    if (thanked === null && spoken !== dataset.language && idle > IDLE) start();
    return;
  }
  if (idle >= IDLE) return start();
  if (idle < IDLE - WARNS) return;
  const rest = Math.ceil(IDLE - idle);
  left.textContent = word(rest === 1 ? "left_one" : "left_other", rest);
  if (!still.open) still.showModal();
}

// Under a warning a touch counts only once it is answered: else it would fall on what lies beneath.
function touch() {
  if (!still.open) touched = performance.now();
}
still.addEventListener("close", () => { touched = performance.now(); });

for (const kind of ["pointerdown", "pointermove", "keydown", "input", "wheel", "scroll"]) {
  addEventListener(kind, touch, { passive: true, capture: true });
}
addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  const language = event.target.closest("[data-speak]")?.dataset.speak;
  if (act === "here" || event.target === still) still.close();
  else if (act === "begin") begin();
  else if (act === "back") back();
  else if (act === "start") { thanked = null; start(); }
  else if (language) speak(language);
});

function speak(language) {
  const form = visit && main.querySelector("form");
  if (form) keepFields(form);
  spoken = language;
  if (form) draw();
  else if (thanked === null) show(store ? dataset.door : "broken");
  else show("thanks");
}

addEventListener("online", () => { pause = SOON; send(); });
addEventListener("pageshow", (event) => { if (event.persisted) start(); });

// beginning

try {
  store = await Store.open(dataset.name);
} catch { /* said on the screen */ }
document.getElementById("tongues")?.removeAttribute("hidden");
start();
setInterval(look, 500);
send();
navigator.serviceWorker?.register(dataset.worker).catch(() => {});
