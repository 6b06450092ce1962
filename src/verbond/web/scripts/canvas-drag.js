// Carrying a note with mouse, pen or finger (a finger holds it a moment first, for it scrolls too). What takes a
// note: a place among others in a field, a field's name on a phone, and whatever has `data-takes-notes`.
const FAR = 6; // pixels before a press becomes carrying
const HELD = 400; // milliseconds that a finger rests
const EDGE = 70; // pixels from the edge of the screen where it scrolls

export function mount({ line, present, announce, t, share }) {
  if (present) return;
  const board = document.getElementById("board");
  let press; // {id, node, x, y, pointer, timer, ghost, under, next}

  board.addEventListener("pointerdown", (event) => {
    const node = event.target.closest(".slip");
    if (!node || press || event.button !== 0 || event.target.closest("button, input, textarea")) return;
    const { field } = line.thing(node.dataset.id)?.values ?? {};
    if (!field || (line.settled.locked.includes(field) && !line.me.leads)) return;
    press = { id: node.dataset.id, node, x: event.clientX, y: event.clientY, pointer: event.pointerId };
    if (event.pointerType === "touch") press.timer = setTimeout(lift, HELD);
  });

  document.addEventListener("pointermove", (event) => {
    if (press?.pointer !== event.pointerId) return;
    const isFar = Math.hypot(event.clientX - press.x, event.clientY - press.y) > FAR;
    if (!press.ghost && press.timer && isFar) return drop(false); // it scrolls
    if (!press.ghost && !press.timer && isFar) lift();
    if (press.ghost) carry(event.clientX, event.clientY);
  });
  document.addEventListener("pointerup", (event) => press?.pointer === event.pointerId && drop(true));
  document.addEventListener("pointercancel", (event) => press?.pointer === event.pointerId && drop(false));
  document.addEventListener("touchmove", (event) => press?.ghost && event.preventDefault(), { passive: false });
  document.addEventListener("contextmenu", (event) => press?.timer && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !press?.ghost) return;
    event.preventDefault();
    drop(false);
  });

  function lift() {
    if (!press.node.isConnected) return (press = undefined);
    const box = press.node.getBoundingClientRect();
    press.ghost = press.node.cloneNode(true);
    press.ghost.classList.add("slip--carried");
    press.ghost.inert = true;
    press.ghost.style.setProperty("inline-size", `${box.width}px`);
    press.dx = press.x - box.left;
    press.dy = press.y - box.top;
    document.body.append(press.ghost);
    document.body.classList.add("is-carrying");
    getSelection()?.removeAllRanges();
    press.node.classList.add("is-carried");
    carry(press.x, press.y);
  }

  function carry(x, y) {
    press.ghost.style.setProperty("translate", `${x - press.dx}px ${y - press.dy}px`);
    Object.assign(press, { x, y });
    point(under(x, y));
    cancelAnimationFrame(press.frame);
    press.frame = requestAnimationFrame(scroll);
  }

  // While it is held near the edge, what is under it moves on.
  function scroll() {
    if (!press?.ghost) return;
    const by = press.y < EDGE ? press.y - EDGE : Math.max(0, press.y - innerHeight + EDGE);
    if (!by) return;
    const inner = document.elementFromPoint(press.x, press.y)?.closest(".board__field");
    if (inner && inner.scrollHeight > inner.clientHeight) inner.scrollBy(0, by / 4);
    window.scrollBy(0, by / 4);
    point(under(press.x, press.y));
    press.frame = requestAnimationFrame(scroll);
  }

  // {taker} | {field, next}: what is under the note, and before which other one it would lie.
  function under(x, y) {
    const at = document.elementFromPoint(x, y);
    const taker = at?.closest("[data-takes-notes]");
    if (taker) return { taker, shown: taker };
    const field = at?.closest("[data-field]");
    const name = field?.dataset.field;
    if (!name || !share.mayLie(press.id, name)) return {};
    const slip = at.closest(".slip");
    if (!slip) return { name, shown: field, far: true };
    const box = slip.getBoundingClientRect();
    const isWide = slip.parentElement.clientWidth > 1.9 * slip.offsetWidth;
    const isBehind = isWide ? x > box.left + box.width / 2 : y > box.top + box.height / 2;
    const next = isBehind ? slip.nextElementSibling : slip;
    return { name, next, shown: next ?? field };
  }

  function point(to) {
    const { shown } = press.to ?? {};
    if (shown !== to.shown) {
      shown?.classList.remove("is-under", "is-before");
      to.shown?.classList.add(to.shown.matches(".slip") ? "is-before" : "is-under");
    }
    press.to = to;
  }

  function drop(lands) {
    const { id, node, ghost, to, timer, frame } = press;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    press = undefined;
    if (!ghost) return;
    ghost.remove();
    document.body.classList.remove("is-carrying");
    node.classList.remove("is-carried");
    to?.shown?.classList.remove("is-under", "is-before");
    document.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", swallow, { capture: true }));
    if (!lands || !to) return announce(t("carry_back"));
    if (to.taker) to.taker.dispatchEvent(new CustomEvent("note-drop", { bubbles: true, detail: { id } }));
    else if (to.name && !(to.far && line.thing(id)?.values.field === to.name)) share.moveNote(id, to.name, to.next?.dataset.id);
  }

  // The press that ends the carrying presses nothing.
  function swallow(event) {
    event.stopPropagation();
    event.preventDefault();
  }
}
