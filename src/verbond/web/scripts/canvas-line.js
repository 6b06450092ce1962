// What this page knows of the board, and the line to the server: what one does is shown at once, waits (also
// without a network, also over a closed page) until the server has taken it, and then stands as the server says.
// Every wish has a key of its own and is sent until it is answered: the server takes the same key once.
const PATIENCE = 12000; // for an answer
const PAUSES = [1000, 2000, 4000, 8000, 15000]; // before the next try
const SLOW = 1500; // what waits longer is said to wait
const SILENCE = 45000; // the server beats three times in it
const AT_ONCE = 50;
const UNDOABLE = ["add", "set", "remove", "vote"];

export class Line {
  // opening: {address, me, whole, people, csrf, now} as the page holds it.
  constructor(opening) {
    Object.assign(this, { address: opening.address, me: opening.me, csrf: opening.csrf });
    this.people = opening.people;
    this.state = "online"; // "online", "waiting" (something is not sent yet), "offline", "gone"
    this.hearers = new Set();
    this.place = `canvas ${opening.address} ${opening.me.code}`;
    this.waiting = stored(this.place);
    this.tries = 0;
    this.most = AT_ONCE;
    this.ahead = -Infinity;
    this.heard(opening.now);
    this.take(opening.whole);
  }

  // --- reading

  // Everything that lies there, as this person sees it, in its order; `filter` on the thing.
  all(filter = () => true) {
    const ids = new Set([...this.base.keys(), ...this.waiting.map((one) => one.id)]);
    const things = [...ids].map((id) => this.thing(id)).filter((one) => one && filter(one));
    const order = (one) => one.values.order ?? "";
    return things.sort((a, b) => compare(order(a), order(b)) || compare(a.id, b.id));
  }

  // One thing: {id, kind, values, mine, by, given, points, version, waiting}; undefined where there is none.
  thing(id) {
    let thing = this.base.get(id);
    for (const one of this.waiting) {
      if (one.id !== id || one.undone) continue;
      if (one.act === "add") {
        thing ??= { id, kind: one.kind, values: one.values, mine: true, by: this.me.code, given: 0, points: null, version: 0 };
      } else if (one.act === "remove") thing = undefined;
      else if (thing && one.act === "set") thing = { ...thing, values: { ...thing.values, ...one.values } };
      else if (thing && one.act === "vote") thing = { ...thing, given: one.values.n };
      if (thing && !one.number) thing = { ...thing, waiting: true };
    }
    return thing;
  }

  // Points that are left to give to things of a kind.
  left(kind) {
    return this.settled.budget - this.all((one) => one.kind === kind).reduce((sum, one) => sum + one.given, 0);
  }

  // The name of a participant; "" for who is not known.
  name(code) {
    return this.people.find((one) => one.code === code)?.name ?? "";
  }

  // A key between those of two things that stand beside each other (or undefined), for `values.order`.
  between(before, after) {
    return between(before?.values.order, after?.values.order);
  }

  // The time at the server, in seconds since 1970: the clock of a browser may be wrong, and may be put right.
  now() {
    return performance.now() / 1000 + this.ahead;
  }

  // --- doing

  // Do something: act as in verbond.canvas.Operation. Gives the id of the thing.
  do(act, id = newKey(), kind = "", values = {}, of = undefined) {
    const one = { key: newKey(), act, id, kind, values, of, at: stamp(), since: this.number };
    // what was said of the field: a note that comes later, when more of it would be seen, is not taken
    if (act === "add" && kind === "note") one.seen = ["private", "anonymous"].filter((what) => this.settled[what].includes(values.field));
    this.waiting.push(one);
    this.keep(one);
    this.say({ what: "thing", id, own: true });
    setTimeout(() => this.judge(), SLOW + 10);
    this.flush();
    return id;
  }

  // Take back what I did last: what never left this page is simply left out.
  undo() {
    const last = this.waiting.filter((one) => !one.number).at(-1);
    if (!last || !UNDOABLE.includes(last.act) || last.sent) return this.takeBack();
    this.leave([last]);
    this.say({ what: "undone", operation: last });
  }

  // The server takes back what it took last of mine: that is the last that waits, once it has come there.
  takeBack() {
    const last = this.waiting.filter((one) => UNDOABLE.includes(one.act) && !one.undone).at(-1);
    if (last) {
      last.undone = true;
      this.keep(last);
      this.say({ what: "thing", id: last.id, own: true });
    }
    this.do("undo", undefined, "", {}, last?.key);
  }

  // Tell the others what is not kept: "at", "editing", "done", "reaction", "summon".
  signal(signal, value) {
    return this.post("signals/", { signal, value }).catch(() => {});
  }

  // --- hearing

  // Call `hearer` with every change: {what: "thing", id, over, told (by the server), own (I did it myself), old
  // (the thing as it was)} | "whole" | "settled" | "counts" | "people" | "line" | "undone" {operation}
  // | "refused" {code, operation} | "reaction" | "summon".
  on(hearer) {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  say(change) {
    for (const hearer of this.hearers) hearer(change);
  }

  // Begin to listen and to send; once.
  open() {
    const again = () => {
      this.tries = 0;
      if (this.state === "gone") return;
      if (this.stream?.readyState !== EventSource.OPEN || performance.now() - this.last > SILENCE) this.listen();
      this.adopt();
      this.flush();
    };
    window.addEventListener("online", again);
    window.addEventListener("pageshow", (event) => event.persisted && again());
    document.addEventListener("visibilitychange", () => !document.hidden && again());
    setInterval(() => this.beats && performance.now() - this.last > SILENCE && again(), SILENCE / 3);
    this.listen();
    this.flush();
  }

  listen() {
    this.stream?.close();
    clearTimeout(this.asking);
    const stream = (this.stream = new EventSource(`${this.address}events/?since=${this.number}`));
    this.last = performance.now();
    stream.onopen = () => {
      this.last = performance.now();
      this.tries = 0;
      this.deaf = false;
      this.judge();
      this.adopt();
      this.flush();
    };
    stream.onerror = () => {
      this.deaf = true;
      this.judge();
      if (stream.readyState === EventSource.CLOSED) this.asking = setTimeout(() => this.ask(), this.pause());
    };
    stream.addEventListener("beat", () => {
      this.beats = true;
      this.last = performance.now();
    });
    stream.onmessage = (event) => {
      this.last = performance.now();
      for (const told of JSON.parse(event.data)) {
        if (told.number < this.number) return this.renew(); // another past than we heard of
        this.apply(told);
      }
      if (event.lastEventId) this.number = Math.max(this.number, Number(event.lastEventId));
      this.settle();
    };
  }

  // The stream was turned away: are we in it no longer, or is the server not there?
  async ask() {
    const answer = await this.post("operations/", { operations: [] }).catch(() => null);
    if (answer?.ok) this.listen();
    else if (answer?.status === 404) this.end();
    else if (answer?.status === 403) await this.renew();
    else this.asking = setTimeout(() => this.ask(), this.pause());
  }

  // The page anew: its token is old, or the server has another past than we heard of.
  async renew() {
    this.stream?.close();
    try {
      const answer = await fetch(this.address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const opening = JSON.parse(page.getElementById("opening")?.textContent ?? "null");
      if (opening?.me.code !== this.me.code) return this.end();
      Object.assign(this, { csrf: opening.csrf, people: opening.people });
      this.take(opening.whole);
      this.settle();
      this.say({ what: "whole" });
      this.listen();
    } catch {
      this.asking = setTimeout(() => this.ask(), this.pause());
    }
  }

  end() {
    this.stream?.close();
    this.gone = true;
    this.judge();
  }

  apply(told) {
    if (told.n_private) this.n_private = told.n_private;
    const id = told.thing?.id ?? told.id;
    const own = this.waiting.some((one) => one.id === id || one.act === "undo");
    const old = this.base.get(id);
    switch (told.told) {
      case "whole":
        this.take(told.whole);
        return this.say({ what: "whole" });
      case "thing":
        this.base.set(id, told.thing);
        return this.say({ what: "thing", id, over: told.over, told: true, own, old });
      case "gone":
        this.base.delete(id);
        return this.say({ what: "thing", id, told: true, own, old });
      case "count":
        return this.say({ what: "counts" });
      case "settled":
        this.settled = told;
        return this.say({ what: "settled" });
      case "person":
        this.people = [...this.people.filter((one) => one.code !== told.person.code), told.person];
        return this.say({ what: "people" });
      case "people":
        this.people = told.people;
        this.heard(told.now);
        return this.say({ what: "people" });
      default:
        return this.say({ what: told.told, by: told.by, value: told.value });
    }
  }

  // A word of the server on its time says too little by as long as it was on its way: the largest is the best.
  heard(now) {
    if (now) this.ahead = Math.max(this.ahead, now - performance.now() / 1000);
  }

  take(whole) {
    this.base = new Map(whole.things.map((one) => [one.id, one]));
    this.settled = whole;
    this.n_private = whole.n_private;
    this.number = whole.number;
  }

  // --- waiting

  // What the server took and we have heard of stands in `base`: it waits no longer.
  settle() {
    this.leave(this.waiting.filter((one) => one.number && one.number <= this.number));
  }

  leave(done) {
    if (!done.length) return;
    this.waiting = this.waiting.filter((one) => !done.includes(one));
    for (const one of done) {
      this.forget(one);
      this.say({ what: "thing", id: one.id, own: true });
    }
    this.judge();
  }

  // Each wish has a place of its own: two pages of one person never write over one another's.
  keep(one) {
    try {
      localStorage.setItem(`${this.place} ${one.key}`, JSON.stringify(one));
    } catch {
      one.unkept = true; // no room: it waits as long as the page is open
    }
  }

  forget(one) {
    try {
      localStorage.removeItem(`${this.place} ${one.key}`);
    } catch {
      // it was never there
    }
  }

  // Whether something would be lost if this page were closed now.
  get unkept() {
    return this.waiting.some((one) => one.unkept && !one.number);
  }

  // What another page of mine left unsent.
  adopt() {
    const known = new Set(this.waiting.map((one) => one.key));
    const found = stored(this.place).filter((one) => !known.has(one.key) && one.at < Date.now() - PATIENCE);
    if (!found.length) return;
    this.waiting = [...found, ...this.waiting].sort((a, b) => a.at - b.at);
    for (const one of found) this.say({ what: "thing", id: one.id, own: true });
  }

  // --- sending

  async flush() {
    clearTimeout(this.trying);
    if (this.sending || this.gone) return;
    const batch = this.batch();
    if (!batch.length) return;
    for (const one of batch) one.sent = true;
    this.sending = true;
    let wait = 0;
    try {
      const operations = batch.map(({ key, act, id, kind, values, seen }) => ({ key, act, id, kind, values, seen }));
      wait = await this.answered(batch, await this.post("operations/", { operations }));
      this.broken = wait > 0;
    } catch {
      this.broken = true;
      wait = this.pause();
    } finally {
      this.sending = false;
    }
    this.judge();
    if (!this.waiting.some((one) => !one.number)) this.tries = 0;
    else if (wait) this.trying = setTimeout(() => this.flush(), wait);
    else this.flush();
  }

  // What goes out at once. What is to be taken back is taken first: else something older would be.
  batch() {
    const batch = this.waiting.filter((one) => !one.number).slice(0, this.most);
    const undo = batch.findIndex((one, at) => at && one.act === "undo");
    return undo < 0 ? batch : batch.slice(0, undo);
  }

  // What became of a batch; gives how long to wait before the next.
  async answered(batch, answer) {
    if (answer.ok) {
      const { answers } = await answer.json();
      for (const one of answers) this.became(one);
      this.settle();
      this.most = AT_ONCE;
      return batch.some((one) => !one.number && this.waiting.includes(one)) ? this.pause() : 0;
    }
    if (answer.status === 404) this.end();
    else if (answer.status === 403) await this.renew();
    else if (answer.status !== 400 && answer.status !== 413) {
      return Math.max(this.pause(), 1000 * (Number(answer.headers.get("Retry-After")) || 0));
    } else if (batch.length === 1) this.refuse(batch[0], "not_fitting");
    else this.most = 1; // one of them cannot be read: which?
    return answer.status === 403 ? this.pause() : 0;
  }

  became({ key, number, refused }) {
    const one = this.waiting.find((waits) => waits.key === key);
    if (!one) return;
    if (refused) return this.refuse(one, refused);
    one.number = number;
    this.forget(one);
    if (one.act === "undo") this.say({ what: "undone", operation: one });
    if (number <= one.since) this.renew(); // the server has another past than we heard of
  }

  // What was not taken is gone from here, and what was to be done with a thing that never came to be.
  refuse(one, code) {
    const follows = (other) => !other.number && (other.of === one.key || (one.act === "add" && other.id === one.id));
    this.leave(this.waiting.filter((other) => other === one || follows(other)));
    for (const other of this.waiting) if (other.key === one.of) other.undone = false;
    if (!one.undone) this.say({ what: "refused", code, operation: one });
  }

  pause() {
    return PAUSES[Math.min(this.tries++, PAUSES.length - 1)];
  }

  post(path, data) {
    const body = JSON.stringify(data);
    return fetch(this.address + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body,
      keepalive: body.length < 20000, // it goes out though the page is closed
      signal: AbortSignal.timeout(PATIENCE),
    });
  }

  judge() {
    const slow = this.waiting.some((one) => !one.number && one.at < Date.now() - SLOW);
    const state = this.gone ? "gone" : this.deaf || this.broken ? "offline" : slow ? "waiting" : "online";
    if (state === this.state) return;
    this.state = state;
    this.say({ what: "line" });
  }
}

// What waits in this browser, the oldest first; it may have been sent.
function stored(place) {
  const found = [];
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`${place} `));
    for (const name of names) found.push({ ...JSON.parse(localStorage.getItem(name)), sent: true });
  } catch {
    // nothing can be kept here
  }
  return found.filter((one) => one.key).sort((a, b) => a.at - b.at);
}

let stamped = 0;
const stamp = () => (stamped = Math.max(stamped + 1, Date.now()));

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// As verbond.canvas.order.between: a key between two, as short as can be.
export function between(low, high) {
  if (low && high && low >= high) high = undefined; // two that stand at the same place: behind them
  if (Boolean(low) !== Boolean(high)) {
    const next = counted(low ?? high, low ? 1 : -1);
    if (next) return next;
  }
  let made = "";
  for (let place = 0, under = high; ; place++) {
    const bottom = low && place < low.length ? DIGITS.indexOf(low[place]) : 0;
    const top = under && place < under.length ? DIGITS.indexOf(under[place]) : DIGITS.length;
    if (top - bottom > 1) return made + DIGITS[(bottom + top) >> 1];
    if (top > bottom) under = undefined; // neighbours: whatever follows `bottom` stays under `high`
    made += DIGITS[bottom];
  }
}

// The next key of four digits on one side; "" where there is none.
function counted(key, step) {
  let number = [...key.slice(0, 4).padEnd(4, "0")].reduce((sum, digit) => sum * 62 + DIGITS.indexOf(digit), 0) + step;
  if (number % 62 === 0) number += step; // keys do not end in the digit 0
  if (number <= 0 || number >= 62 ** 4) return "";
  let made = "";
  for (let n = 0; n < 4; n++, number = Math.floor(number / 62)) made = DIGITS[number % 62] + made;
  return made;
}
