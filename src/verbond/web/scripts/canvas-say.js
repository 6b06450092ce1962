// What others do with notes, for who listens to the screen: gathered, so that a busy table stays bearable.
const GATHERED = 2000;
const MOST_APART = 2;

export function mount({ line, t, announce }) {
  let heard = [];
  let saying;

  line.on((change) => {
    if (change.what === "reaction") return gather(reacted(change));
    if (change.what !== "thing" || !change.told || change.own) return;
    gather(happened(change, line.thing(change.id)));
  });

  function gather(words) {
    if (!words) return;
    heard.push(words);
    saying ??= setTimeout(say, GATHERED);
  }

  // {words, sort, field}: a sentence of its own, and what it counts as among many.
  function happened({ old }, now) {
    const thing = now ?? old;
    if (thing?.kind !== "note") return;
    const name = (line.name(thing.by) || t("somebody")).trim();
    const at = (field) => t(`field_${field}`);
    const text = short(thing.values.text);
    const field = thing.values.field;
    if (!old) return { sort: "added", field, words: t("said_added", { name, field: at(field), text }) };
    if (!now) return { sort: "gone", field, words: t("said_gone", { field: at(field), text }) };
    if (old.values.field !== field) return { sort: "moved", field, words: t("said_moved", { from: at(old.values.field), field: at(field), text }) };
    if (old.values.text !== now.values.text) return { sort: "changed", field, words: t("said_changed", { field: at(field), text }) };
  }

  function reacted({ by, value }) {
    const thing = line.thing(value.id);
    if (!thing || by === line.me.code) return;
    return { sort: "reaction", field: thing.values.field, words: t("said_reaction", { name: line.name(by), mark: t(`mark_${value.mark}`), text: short(thing.values.text) }) };
  }

  function say() {
    saying = undefined;
    const sorts = new Map();
    for (const one of heard) {
      const key = `${one.sort} ${one.field}`;
      sorts.set(key, [...(sorts.get(key) ?? []), one]);
    }
    heard = [];
    for (const all of sorts.values()) {
      const [{ sort, field }] = all;
      if (all.length <= MOST_APART) for (const one of all) announce(one.words);
      else announce(t(`said_many_${sort}`, { count: all.length, field: t(`field_${field}`) }));
    }
  }

  const short = (text) => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
}
