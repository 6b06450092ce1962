// A menu beside a button: arrows, first letters, Escape; a choice may lead on to more choices.
export function mount({ t, el, share }) {
  const menu = el("div", { class: "notemenu", id: "notemenu", role: "menu", popover: "auto" });
  document.getElementById("hand").append(menu);
  let button;
  let pages = [];
  let [typed, typedAt] = ["", 0];

  // items: [{label, run, pressed (of a choice that is on or off), more (items, or a function that gives them)}]
  share.menu = function (from, label, items) {
    button = from;
    pages = [items];
    menu.setAttribute("aria-label", label);
    button.setAttribute("aria-expanded", "true");
    fill();
    menu.showPopover();
    place();
    menu.firstElementChild?.focus();
  };

  menu.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed" || !button) return;
    button.setAttribute("aria-expanded", "false");
    if (menu.contains(document.activeElement) || document.activeElement === document.body) button.focus();
  });

  function fill() {
    const items = pages.at(-1);
    const back = pages.length > 1 && choice({ label: t("menu_back"), run: undefined }, "notemenu__one notemenu__one--back");
    menu.replaceChildren(...[back, ...items.map((one) => choice(one, "notemenu__one"))].filter(Boolean));
  }

  function choice(item, named) {
    const { label, pressed, more } = item;
    const role = pressed === undefined ? "menuitem" : "menuitemradio";
    const checked = pressed === undefined ? undefined : String(pressed);
    return el("button", { class: named, type: "button", role, tabindex: -1, "aria-checked": checked, "aria-haspopup": more && "menu", onclick: () => choose(item) }, label);
  }

  function choose({ run, more }) {
    if (more) {
      pages.push(typeof more === "function" ? more() : more);
      return turn(1);
    }
    if (!run) return back();
    menu.hidePopover();
    if (button.isConnected) button.focus();
    run();
  }

  function back() {
    pages.pop();
    turn(0);
  }

  function turn(at) {
    fill();
    place();
    (menu.children[at] ?? menu.firstElementChild)?.focus();
  }

  menu.addEventListener("keydown", (event) => {
    const all = [...menu.children];
    const at = all.indexOf(document.activeElement);
    const go = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    const deep = pages.length > 1;
    if (go !== undefined) all[go % all.length]?.focus();
    else if (event.key === "ArrowRight" && all[at]?.getAttribute("aria-haspopup")) all[at].click();
    else if ((event.key === "ArrowLeft" || event.key === "Escape") && deep) back();
    else if (event.key === "Tab" || event.key === "Escape") menu.hidePopover();
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      typed = event.timeStamp - typedAt < 700 ? typed + event.key.toLowerCase() : event.key.toLowerCase();
      typedAt = event.timeStamp;
      const from = typed.length > 1 ? at : at + 1; // one letter goes on, more stay while they fit
      [...all.slice(from), ...all.slice(0, from)].find((one) => one.textContent.toLowerCase().startsWith(typed))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // Under the button, or over it where there is more room; on a phone at the bottom of the screen (by style).
  function place() {
    const at = button.getBoundingClientRect();
    const fits = at.bottom + menu.offsetHeight + 12 < innerHeight || at.top < innerHeight / 2;
    const left = Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8));
    const room = fits ? innerHeight - at.bottom - 12 : at.top - 12;
    menu.style.setProperty("--notemenu-left", `${left}px`);
    menu.style.setProperty("--notemenu-room", `${room}px`);
    menu.style.setProperty("--notemenu-top", `${fits ? at.bottom + 4 : Math.max(8, at.top - menu.offsetHeight - 4)}px`);
  }
}
