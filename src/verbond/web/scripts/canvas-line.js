// What this page knows of the board, and the line to the server: what one does is shown at once, waits (also
// without a network, also over a closed page) until the server has taken it, and then stands as the server says.
const PATIENCE = 12000;
const AT_ONCE = 50;

export class Line {
  // opening: {address, me, whole, people, csrf} as the page holds it.
  constructor(opening) {
    Object.assign(this, { address: opening.address, me: opening.me, csrf: opening.csrf });
    this.people = opening.people;
    this.state = "online"; // "online", "waiting" (something is not sent yet), "offline", "gone"
    this.hearers = new Set();
    this.place = `canvas ${opening.address} ${opening.me.code}`;
    this.waiting = JSON.parse(localStorage.getItem(this.place) ?? "[]");
    this.sending = false;
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
      if (one.id !== id) continue;
      if (one.act === "add") {
        thing ??= { id, kind: one.kind, values: one.values, mine: true, by: this.me.code, given: 0, points: null, version: 0 };
      } else if (one.act === "remove") thing = undefined;
      else if (thing && one.act === "set") thing = { ...thing, values: { ...thing.values, ...one.values }, waiting: true };
      else if (thing && one.act === "vote") thing = { ...thing, given: one.values.n, waiting: true };
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
  do(act, id = newKey(), kind = "", values = {}) {
    this.waiting.push({ key: newKey(), act, id, kind, values });
    this.keep();
    this.say({ what: "thing", id });
    this.flush();
    return id;
  }

  // Tell the others what is not kept: "at", "editing", "done", "reaction", "summon".
  signal(signal, value) {
    return this.post("signals/", { signal, value }).catch(() => {});
  }

  // --- hearing

  // Call `hearer` with every change: {what: "thing", id, over, mine} | "whole" | "settled" | "counts" | "people"
  // | "line" | "refused" {code, operation} | "reaction" | "summon".
  on(hearer) {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  say(change) {
    for (const hearer of this.hearers) hearer(change);
  }

  open() {
    this.stream?.close();
    this.stream = new EventSource(`${this.address}events/?since=${this.number}`);
    this.stream.onopen = () => {
      this.turn("online");
      this.flush();
    };
    this.stream.onerror = () => {
      this.turn("offline");
      if (this.stream.readyState === EventSource.CLOSED) setTimeout(() => this.again(), 3000);
    };
    this.stream.onmessage = (event) => {
      if (event.lastEventId) this.number = Math.max(this.number, Number(event.lastEventId));
      for (const told of JSON.parse(event.data)) this.apply(told);
      this.settle();
    };
    window.addEventListener("online", () => this.flush());
    this.flush();
  }

  async again() {
    const answer = await fetch(this.address, { redirect: "manual" }).catch(() => null);
    if (answer && !answer.ok) this.turn("gone");
    else this.open();
  }

  apply(told) {
    if (told.number !== undefined && told.number < this.number && told.told !== "whole") {
      // an older word on a thing than we have: the newer one stands
      if (told.thing && (this.base.get(told.thing.id)?.version ?? -1) > told.thing.version) return;
    }
    if (told.n_private) this.n_private = told.n_private;
    switch (told.told) {
      case "whole":
        this.take(told.whole);
        return this.say({ what: "whole" });
      case "thing":
        this.base.set(told.thing.id, told.thing);
        return this.say({ what: "thing", id: told.thing.id, over: told.over, told: true });
      case "gone":
        this.base.delete(told.id);
        return this.say({ what: "thing", id: told.id, told: true });
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
    this.number = Math.max(this.number ?? 0, whole.number);
  }

  // --- sending

  // What the server took and we have heard of stands in `base`: it waits no longer.
  settle() {
    const done = this.waiting.filter((one) => one.number && one.number <= this.number);
    if (!done.length) return;
    this.waiting = this.waiting.filter((one) => !done.includes(one));
    this.keep();
    for (const one of done) this.say({ what: "thing", id: one.id });
  }

  keep() {
    try {
      const unsent = this.waiting.filter((one) => !one.number);
      if (unsent.length) localStorage.setItem(this.place, JSON.stringify(unsent));
      else localStorage.removeItem(this.place);
    } catch {
      // no room: it waits as long as the page is open
    }
  }

  async flush() {
    if (this.sending) return;
    const batch = this.waiting.filter((one) => !one.number).slice(0, AT_ONCE);
    if (!batch.length) return;
    this.sending = true;
    try {
      const answer = await this.post("operations/", { operations: batch });
      if (answer.status === 404 || answer.status === 403) return this.turn("gone");
      if (!answer.ok) throw new Error(answer.status);
      for (const one of (await answer.json()).answers) this.answered(one);
      this.turn("online");
      this.settle();
    } catch {
      this.turn("offline");
      setTimeout(() => this.flush(), 2000);
      return;
    } finally {
      this.sending = false;
    }
    this.flush();
  }

  answered({ key, number, refused }) {
    const one = this.waiting.find((waits) => waits.key === key);
    if (!one) return;
    if (refused) {
      this.waiting = this.waiting.filter((waits) => waits !== one);
      this.say({ what: "thing", id: one.id });
      this.say({ what: "refused", code: refused, operation: one });
    } else one.number = number;
    this.keep();
  }

  post(path, body) {
    return fetch(this.address + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  }

  turn(state) {
    if (state === this.state) return;
    this.state = state;
    this.say({ what: "line" });
  }
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// As verbond.canvas.order.between: a key between two, as short as can be.
export function between(low, high) {
  if (low && high && low >= high) high = undefined; // two that stand at the same place: behind them
  let made = "";
  for (let place = 0, under = high; ; place++) {
    const bottom = low && place < low.length ? DIGITS.indexOf(low[place]) : 0;
    const top = under && place < under.length ? DIGITS.indexOf(under[place]) : DIGITS.length;
    if (top - bottom > 1) return made + DIGITS[(bottom + top) >> 1];
    if (top > bottom) under = undefined; // neighbours: whatever follows `bottom` stays under `high`
    made += DIGITS[bottom];
  }
}
