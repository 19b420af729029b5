// Small verbs on the page. Text from people goes through textContent here and nowhere else becomes markup (BR-5).

import { t } from "./texts.js";

const root = document.documentElement.dataset;
export const BASE = root.base; // what links begin with
export const API = root.api; // what calls begin with: a path, or another host of the same site
export const ISSUER = root.issuer;

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Put text into an element; an empty one is hidden where `hide` says so. */
export function say(element, text, { hide = false } = {}) {
  if (element.textContent !== text) element.textContent = text;
  if (hide) element.hidden = !text;
}

/** Show of all elements with data-when those of `state`. Where the focus was in what goes, it goes to the page's `heading`. */
export function showState(state, heading) {
  const at = document.activeElement;
  for (const element of all("[data-when]")) element.hidden = element.dataset.when !== state;
  if (at.closest("[hidden]")) focusOn(heading);
}

/** Put the focus on what is no control, so that the next key goes on from there. */
export function focusOn(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** Show a button or take it away; whoever pressed it then is left at the heading of its section. */
export function offer(button, when) {
  if (!when && button === document.activeElement) focusOn(one("h2", button.closest("section")));
  button.hidden = !when;
}

/** Return a copy of a template's only element. */
export const copyOf = (id) => one(`#${id}`).content.firstElementChild.cloneNode(true);

export function chips(element, words, none) {
  element.replaceChildren(...words.map((word) => {
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.textContent = word;
    return chip;
  }));
  if (!words.length) element.textContent = none;
}

/** Give the person a text as a file. */
export function save(name, text, type) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Count whole seconds down by the wall clock, so a laptop's sleep counts too. Returns what stops it. */
export function countdown(seconds, tick, done) {
  const end = Date.now() + seconds * 1000;
  const step = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) return tick(left);
    clearInterval(timer);
    return done();
  };
  const timer = setInterval(step, 250);
  step();
  return () => clearInterval(timer);
}

/** Let buttons in password fields show what is typed, and say there when Caps Lock is on. */
export function peeks() {
  for (const button of all(".peek")) {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    button.hidden = false;
    for (const kind of ["keydown", "keyup"]) input.addEventListener(kind, (event) => sayCapitals(input, event));
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.textContent = shown ? t("Hide") : t("Show");
      button.setAttribute("aria-pressed", String(shown));
    });
  }
}

function sayCapitals(input, event) {
  if (!event.getModifierState) return; // a password manager that fills in presses no key
  say(document.getElementById(`${input.id}-capitals`), event.getModifierState("CapsLock") ? t("Caps Lock is on.") : "");
}
