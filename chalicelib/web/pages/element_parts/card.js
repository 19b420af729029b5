// What the card of <cupbearer-log-in> shows: before a log-in its ways in, and after the password the second step.

import { make } from "./element.js";

/** Return a field: a label, its control, and the place where what is wrong with it is said. */
function field(name, label, { type = "text", hint = "", ...more }) {
  const input = make("input", { id: name, name, type, part: "input", required: true, "aria-describedby": `${name}-error${hint && ` ${name}-hint`}`, ...more });
  return make("div", { class: "field" },
    make("label", { for: name, part: "label" }, label),
    input,
    hint && make("p", { class: "soft small", id: `${name}-hint` }, hint),
    make("p", { class: "error", id: `${name}-error`, part: "error" }));
}

function password(element) {
  const made = field("password", element.text("password"), { type: "password", autocomplete: "current-password" });
  const input = made.querySelector("input");
  const peek = make("button", { class: "peek", type: "button", "aria-pressed": "false", "aria-controls": "password", onclick: () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    peek.textContent = element.text(shown ? "hide" : "show");
    peek.setAttribute("aria-pressed", String(shown));
  } }, element.text("show"));
  const typed = make("div", { class: "typed" });
  input.replaceWith(typed);
  typed.append(input, peek);
  return made;
}

function form(element, label, ...fields) {
  const submit = (event) => {
    event.preventDefault();
    if (event.target.hasAttribute("aria-busy")) return;
    element.one(".notice").textContent = "";
    const values = Object.fromEntries(new FormData(event.target));
    if (complete(element, event.target)) element.attempt(values);
  };
  const clear = ({ target }) => fault(element, target.name, "");
  return make("form", { class: "stack", novalidate: true, part: "form", onsubmit: submit, oninput: clear },
    make("div", {}, ...fields),
    make("p", { class: "notice", part: "notice", role: "alert" }),
    make("button", { type: "submit", class: "button wide", part: "button submit" }, label));
}

function complete(element, form) {
  const empty = [...form.elements].filter((input) => input.required && !input.value);
  for (const input of empty) fault(element, input.name, element.text("missing"));
  empty[0]?.focus();
  return !empty.length;
}

/** Say beside a field what is wrong with it, for screen readers too; nothing takes it away. Returns whether there is such a field. */
export function fault(element, name, sentence) {
  const place = element.shadowRoot.getElementById(`${name}-error`);
  if (!place) return false;
  place.textContent = sentence;
  const input = element.shadowRoot.getElementById(name);
  if (sentence) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return true;
}

const card = (...children) => make("section", { class: "card stack", part: "card", "aria-labelledby": "title" }, ...children);

const title = (element) => make("h2", { id: "title", part: "heading" }, make("slot", { name: "heading" }, element.text("logIn")));

/** Return the card with every way in that the service has. */
export function before(element, ways) {
  const username = () => field("username", element.text("username"), { autocomplete: "username webauthn", autocapitalize: "none", spellcheck: "false" });
  return card(title(element),
    ways.password && form(element, element.text("logIn"), username(), password(element)),
    !ways.password && make("p", { class: "notice", part: "notice", role: "alert" }),
    links(element, ways),
    passkey(element),
    ...providers(element, ways.providers),
    ways.sign_up && make("p", { class: "soft" }, element.text("newcomer"), " ", link(element.pageFor("/signup"), element.text("signUp"))));
}

const link = (href, text) => make("a", { class: "link", part: "link", href }, text);

function links(element, { email, password_reset: reset }) {
  const shown = [
    reset && link(`${element.client.issuer}/forgot`, element.text("forgot")),
    email && link(element.pageFor("/email-login"), element.text("byMail")),
  ].filter(Boolean);
  return shown.length ? make("p", {}, shown[0], ...shown.slice(1).flatMap((each) => [" · ", each])) : null;
}

function passkey(element, secondFactor = false) {
  const act = () => {
    element.one(".notice").textContent = "";
    return element.hasPasskeys ? element.attempt({ passkey: true, secondFactor }) : element.leave();
  };
  return make("button", { type: "button", class: "button quiet wide", part: "button passkey", onclick: act }, element.text("passkey"));
}

function providers(element, names) {
  if (!names.length) return [];
  const called = (name) => element.text("provider", { name: name[0].toUpperCase() + name.slice(1) });
  const buttons = names.map((name) => make("a", { class: "button quiet wide", part: "button provider", href: element.wayTo(name) }, called(name)));
  return [make("p", { class: "or" }, element.text("or")), ...buttons];
}

/** Return the card that asks for one thing more, by what the person has: codes, a passkey. */
export function after(element, factors) {
  const byCode = factors.some((kind) => kind !== "passkey");
  const code = () => field("code", element.text("code"), { autocomplete: "one-time-code", inputmode: "text", hint: element.text("codeHint"), autocapitalize: "none", spellcheck: "false" });
  return card(title(element),
    byCode ? form(element, element.text("goOn"), code()) : make("p", { class: "notice", part: "notice", role: "alert" }),
    factors.includes("passkey") && passkey(element, true),
    make("button", { type: "button", class: "button quiet wide", part: "button again", onclick: () => element.again() }, element.text("again")));
}
