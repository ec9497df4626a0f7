// The browser's part of the dashboard: puts in what changed and keeps focus, selection and what is open. Decides nothing.
const { base, page, shown } = document.body.dataset;
const silence = document.getElementById("silence");
const filter = document.getElementById("filter");
const target = location.hash.slice(1);
let isAtTarget = false;
let heardAt = Date.now();
let failures = 0;
let isRefused = false;
/** Undefined while the tab is hidden: of six connections to this host none is kept from the tab that is looked at. */
let events;
let retry;
/** What this page showed when it was loaded; known to the server for the first stream alone. */
let loaded = shown;

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
  const pairs = Object.entries(changed).flatMap(([id, html]) => {
    const old = document.getElementById(id);
    // Rows of a table are parsed inside a template, too.
    const template = document.createElement("template");
    template.innerHTML = html;
    const next = template.content.firstElementChild;
    // Read of all before the first is replaced: after each, the whole page would be laid out for the next one's answer.
    return old === null || next === null ? [] : [{ old, next, left: old.scrollLeft, top: old.scrollTop }];
  });
  for (const { old, next } of pairs) exchange(old, next);
  for (const { next, left, top } of pairs) if (left !== 0 || top !== 0) next.scrollTo(left, top);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  sift();
  find();
}

/** Keeps what is open, and the focus of what has no id. */
function exchange(old, next) {
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  for (const [index, details] of next.querySelectorAll("details").entries()) details.open ||= open[index];
  const at = focusable(old).indexOf(document.activeElement);
  old.replaceWith(next);
  if (at !== -1 && document.activeElement === document.body) focusable(next)[at]?.focus({ preventScroll: true });
}

/** Shows of the story what has the words. */
function sift() {
  const words = filter?.value.trim().toLowerCase() ?? "";
  for (const entry of document.querySelectorAll("#story li")) entry.hidden = !entry.textContent.toLowerCase().includes(words);
}

function listen() {
  hush();
  if (document.hidden) return;
  events = new EventSource(`${base}events?page=${encodeURIComponent(page)}&shown=${loaded}`);
  loaded = "";
  events.addEventListener("message", ({ data }) => {
    failures = 0;
    isRefused = false;
    heardAt = Date.now();
    swap(JSON.parse(data));
  });
  events.addEventListener("error", () => {
    // A browser gives up at once where it was answered, and tries again where it wasn't.
    isRefused = events.readyState === EventSource.CLOSED;
    hush();
    failures += 1;
    retry = setTimeout(listen, Math.min(30, 2 ** failures) * 500 * (1 + Math.random()));
  });
}

function hush() {
  clearTimeout(retry);
  events?.close();
  events = undefined;
}

/** The server sends something every five seconds; without it what is shown is old. */
setInterval(() => {
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  const isSilent = seconds > 12 && !document.hidden;
  document.body.toggleAttribute("data-silent", isSilent);
  silence.hidden = !isSilent;
  const why = isRefused
    ? "It takes no more: too many tabs of it are open, of which four can be live; close one. Or it was started anew: open its new link."
    : "Is kubectl retriever dashboard still running?";
  if (isSilent) silence.textContent = `No answer from this dashboard for ${seconds} s: what is shown is that old. ${why}`;
}, 1000);

filter?.addEventListener("input", sift);
document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", hush);
addEventListener("pageshow", ({ persisted }) => persisted && listen());
find();
listen();
