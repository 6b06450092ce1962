// Files may be dropped on the form that takes them; while they travel, the page says how far they are.
const sendsFiles = (form) => form?.matches?.("form[data-drop]");

function tell(form, text, share) {
  const status = form.querySelector(".drop__status");
  status.hidden = false;
  status.querySelector(".drop__said").textContent = text;
  const bar = status.querySelector("progress");
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

function show(answer, form) {
  const address = answer.getResponseHeader("X-Go-To");
  if (address) return location.assign(address);
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  const main = page.querySelector("main");
  if (!main) return form.submit();
  document.querySelector("main").replaceWith(main);
  const said = main.querySelector("[role=alert]");
  if (said) {
    said.tabIndex = -1;
    said.focus();
  }
}

function send(form) {
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.floor((100 * event.loaded) / event.total);
    if (percent < 100) tell(form, form.dataset.sending.replace("#", percent), event.loaded / event.total);
    else tell(form, form.dataset.looking, null);
  });
  request.addEventListener("load", () => show(request, form));
  request.addEventListener("error", () => form.submit());
  request.open("POST", form.action);
  request.setRequestHeader("X-Sent-By", "drop");
  tell(form, form.dataset.sending.replace("#", 0), 0);
  request.send(new FormData(form));
}

document.addEventListener("submit", (event) => {
  if (!sendsFiles(event.target)) return;
  event.preventDefault();
  send(event.target);
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (sendsFiles(form) && event.target.type === "file" && event.target.files.length) form.requestSubmit();
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const form = document.querySelector("form[data-drop]");
    form?.classList.toggle("drop--over", kind === "dragover");
    if (kind !== "drop" || !form || !event.dataTransfer.files.length) return;
    form.querySelector("input[type=file]").files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
document.documentElement.classList.add("drops");
