// Answers are saved with each change, and with each page as ever. Rankings get buttons beside their selects.
const form = document.getElementById("answers");
const said = document.getElementById("said");
const WAIT = 600, AGAIN = 4000;
let waiting = 0, sending = null, changed = false, leaving = false;

const say = (text, lost = false) => {
  said.textContent = text;
  said.classList.toggle("acts__said--lost", lost);
};
const later = (ms) => {
  clearTimeout(waiting);
  waiting = setTimeout(save, ms);
};
async function save() {
  if (sending || leaving || !changed) return;
  changed = false;
  const body = new URLSearchParams(new FormData(form));
  body.set("draft", "1");
  say(form.dataset.saving);
  sending = fetch(form.action || location.href, { method: "POST", body, keepalive: body.toString().length < 60000 });
  try {
    const answer = await sending;
    if (answer.status === 409 || answer.status === 410) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    say(form.dataset.saved);
  } catch {
    changed = true;
    say(form.dataset.lost, true);
    later(AGAIN);
  } finally {
    sending = null;
  }
  if (changed) later(WAIT);
}
form.addEventListener("input", () => { changed = true; later(WAIT); });
form.addEventListener("click", (event) => {
  const clear = event.target.closest("button[name=clear]");
  if (!clear) return;
  event.preventDefault();
  const choices = clear.closest(".ask").querySelectorAll(":checked");
  choices.forEach((one) => { one.checked = false; });
  clear.closest(".ask").querySelector("input").focus();
  form.dispatchEvent(new Event("input"));
});
document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
// A page goes out once, and after what is on its way.
form.addEventListener("submit", async (event) => {
  if (leaving) return event.preventDefault();
  leaving = true;
  clearTimeout(waiting);
  if (!sending) return;
  event.preventDefault();
  const button = event.submitter;
  await Promise.race([sending.catch(() => 0), new Promise((done) => setTimeout(done, 3000))]);
  leaving = false;
  form.requestSubmit(button);
});
addEventListener("pageshow", () => { leaving = false; });

for (const list of document.querySelectorAll(".ranks")) rank(list);

function rank(list) {
  const rows = [...list.children];
  const place = (row) => row.querySelector("select");
  const order = () => [...list.children];
  const live = document.createElement("span");
  live.className = "unseen";
  live.setAttribute("role", "status");
  list.after(live);
  const sorted = () => rows.slice().sort((a, b) => (+place(a).value || 99) - (+place(b).value || 99));
  const draw = () => {
    sorted().forEach((row) => list.append(row));
    order().forEach((row, at, all) => {
      row.querySelector("[data-by='-1']").disabled = at === 0;
      row.querySelector("[data-by='1']").disabled = at === all.length - 1;
    });
  };
  const move = (row, by) => {
    const all = order(), at = all.indexOf(row);
    all.splice(at, 1);
    all.splice(at + by, 0, row);
    all.forEach((one, n) => { place(one).value = n + 1; });
    draw();
    const button = row.querySelector(`[data-by='${by}']`);
    (button.disabled ? row.querySelector(`[data-by='${-by}']`) : button).focus();
    const name = row.querySelector("label").textContent;
    live.textContent = list.dataset.moved.replace("{option}", name).replace("{n}", at + by + 1);
    form.dispatchEvent(new Event("input"));
  };
  for (const row of rows) {
    for (const [by, sign, text] of [[-1, "↑", row.dataset.up], [1, "↓", row.dataset.down]]) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "ranks__move", textContent: sign });
      button.dataset.by = by;
      button.setAttribute("aria-label", text);
      button.addEventListener("click", () => move(row, by));
      row.append(button);
    }
  }
  draw();
}
