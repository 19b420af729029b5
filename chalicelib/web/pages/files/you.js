// The card that says who you are: log in, sign up, scopes, and the cup that empties as the token ends.

import { showPasskeys } from "./board_passkey.js";
import { all, chips, focusOn, one, say, showState } from "./dom.js";
import { enhance, wordOf } from "./forms.js";
import { call, current, logIn, logOut, refresh, signUp, token, watch } from "./session.js";
import { t } from "./texts.js";
import { clock, whyOut } from "./words.js";

const DEPTH = 42; // how far the wine sinks, in units of the drawing

let profileOf = null; // the session whose profile is on the page
let shown = Promise.resolve(); // when it is there

/** Wait until the card holds what it will hold. */
export const youAreShown = () => shown;

export function showYou() {
  if (hasForms()) enhanceForms();
  showPasskeys(entered);
  one("#log-out").addEventListener("click", logOut);
  one("#fresh").addEventListener("click", () => refresh());
  watch(draw);
  setInterval(tick, 500);
  document.addEventListener("visibilitychange", tick);
}

const hasForms = () => Boolean(one("#log-in")); // they are for passwords, which not every service has

function enhanceForms() {
  enhance(one("#log-in"), { submit: ({ username, password, code }) => logIn(username, password, code), done: entered, special: refusedLogIn });
  enhance(one("#sign-up"), { submit: ({ username, password, email }) => signUp(username, password, email), done: entered });
  for (const radio of all('[name="entrance"]')) radio.addEventListener("change", () => choose(radio.value));
}

function choose(which) {
  const [from, to] = which === "sign-up" ? ["#log-in", "#sign-up"] : ["#sign-up", "#log-in"];
  const [left, right] = [one(from), one(to)];
  for (const name of ["username", "password"]) right.elements[name].value ||= left.elements[name].value;
  left.hidden = true;
  right.hidden = false;
}

function refusedLogIn(answer) {
  const place = one("#log-in-second");
  place.hidden = !["second_factor_required", "invalid_second_factor"].includes(answer.code);
  if (answer.code === "second_factor_required" && !answer.body.factors.some((kind) => kind !== "passkey")) location.assign(one("#log-in").action);
  if (answer.code === "second_factor_required") return { field: "code", sentence: t("Right. Now the six digits of your authenticator app, or a recovery code.") };
  if (answer.code === "invalid_second_factor") return { field: "code", sentence: answer.detail };
  return wordOf(one("#log-in"))(answer);
}

function entered() {
  if (hasForms()) clearForms();
  focusOn(one("#you-title"));
}

function clearForms() {
  for (const form of [one("#log-in"), one("#sign-up")]) form.reset();
  one('[name="entrance"][value="log-in"]').checked = true; // whoever comes back has an account
  choose("log-in");
}

function draw(session) {
  const card = one("#you");
  card.setAttribute("aria-busy", String(session.state === "loading"));
  showState(session.state, one("#you-title"));
  if (session.state === "out") {
    say(one("#why-out"), session.why ? whyOut(session.why) : "", { hide: true });
    profileOf = null;
  }
  if (session.state !== "in") return;
  chips(one("#scopes"), session.scopes, t("none"));
  token().then((text) => text && say(one("#token-inside"), inside(text)));
  if (profileOf !== session.sessionId) shown = showProfile(session.sessionId);
  tick();
}

async function showProfile(sessionId) {
  profileOf = sessionId;
  const answer = await call("GET", "/users/me");
  if (!answer.ok) {
    profileOf = null;
    return;
  }
  const { name, username } = answer.body.user;
  say(one("#who"), name || username);
  one("#who").dataset.username = username;
  say(one("#who-more"), name ? t("known as {username}", { username }) : t("logged in on this device"));
}

function tick() {
  const { state, endsIn, lasts } = current();
  if (state !== "in") return;
  const left = Math.ceil(endsIn);
  say(one("#ends"), left ? clock(left) : t("ended"));
  say(one("#token-says"), left ? t("Your token ends in") : t("Your token has"));
  one("#token-then").hidden = left > 0;
  one(".wine").style.transform = `translateY(${(1 - left / lasts) * DEPTH}px)`;
}

/** Return what a JWT says, for people to look at: nothing here trusts it. */
function inside(token) {
  const parts = token.split(".");
  if (parts.length !== 3 || token.startsWith("cba_")) return t("This is an opaque token: only the server knows what it says.");
  return parts.slice(0, 2).map((part) => JSON.stringify(decoded(part), null, 2)).join("\n.\n") + `\n.\n${t("the signature")}`;
}

function decoded(part) {
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
