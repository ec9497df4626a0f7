// The browser's part of the dashboard: puts in what changed and keeps focus, selection and what is open. Decides nothing.
const { base, page, shown } = document.body.dataset;
const silence = document.getElementById("silence");
const filter = document.getElementById("filter");
const target = location.hash.slice(1);
let isAtTarget = false;
let heardAt = Date.now();
let failures = 0;

/** An entry that is linked to may come with the events, after the page. */
function find() {
  const entry = target === "" ? null : document.getElementById(target);
  entry?.classList.add("target");
  if (entry !== null && !isAtTarget) entry.scrollIntoView();
  isAtTarget = entry !== null;
}

function focusable(root) {
  return [...root.querySelectorAll("a,summary,button,input,[tabindex]")];
}

/** Puts elements in the place of those with their ids. */
function swap(changed) {
  const focused = document.activeElement?.id;
  for (const [id, html] of Object.entries(changed)) {
    const old = document.getElementById(id);
    // Rows of a table are parsed inside a template, too.
    const template = document.createElement("template");
    template.innerHTML = html;
    const next = template.content.firstElementChild;
    if (old !== null && next !== null) exchange(old, next);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  sift();
  find();
}

/** Keeps what is open, where it is scrolled to, and the focus of what has no id. */
function exchange(old, next) {
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  for (const [index, details] of next.querySelectorAll("details").entries()) details.open ||= open[index];
  const at = focusable(old).indexOf(document.activeElement);
  const { scrollLeft, scrollTop } = old;
  old.replaceWith(next);
  next.scrollTo(scrollLeft, scrollTop);
  if (at !== -1 && document.activeElement === document.body) focusable(next)[at]?.focus({ preventScroll: true });
}

/** Shows of the story what has the words. */
function sift() {
  const words = filter?.value.trim().toLowerCase() ?? "";
  for (const entry of document.querySelectorAll("#story li")) entry.hidden = !entry.textContent.toLowerCase().includes(words);
}

function listen() {
  const events = new EventSource(`${base}events?page=${encodeURIComponent(page)}&shown=${failures === 0 ? shown : ""}`);
  events.addEventListener("message", ({ data }) => {
    failures = 0;
    heardAt = Date.now();
    swap(JSON.parse(data));
  });
  events.addEventListener("error", () => {
    events.close();
    failures += 1;
    setTimeout(listen, Math.min(30, 2 ** failures) * 500 * (1 + Math.random()));
  });
}

/** The server sends something every five seconds; without it what is shown is old. */
setInterval(() => {
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  const isSilent = seconds > 12;
  document.body.toggleAttribute("data-silent", isSilent);
  silence.hidden = !isSilent;
  if (isSilent) silence.textContent = `No answer from this dashboard for ${seconds} s: what is shown is that old. Is kubectl retriever dashboard still running?`;
}, 1000);

filter?.addEventListener("input", sift);
find();
listen();
