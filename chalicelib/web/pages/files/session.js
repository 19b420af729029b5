// The session of this browser. The access token lives in this module and nowhere else; the refresh token lives in a
// cookie that no script can read. Tabs share one refresh: a lock lets one of them ask, a channel tells the others.

import { send } from "./wire.js";

const LOCK = "cupbearer-refresh";
const HEARING = 400; // milliseconds that a tab waits for the news of the one that held the lock before it
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("cupbearer-session") : null;
const listeners = new Set();

let session = { state: "loading", token: null, endsAt: 0, seconds: 0, scopes: [], sessionId: null, why: null };

export const current = () => session;
export const hasEnded = () => Date.now() >= session.endsAt;

/** Call `listener(session, before)` now and at every change. */
export function watch(listener) {
  listeners.add(listener);
  listener(session, session);
}

function become(next, { tell = true } = {}) {
  const before = session;
  session = next;
  if (tell) channel?.postMessage(next);
  for (const listener of listeners) listener(session, before);
}

channel?.addEventListener("message", ({ data }) => become(data, { tell: false }));

/** Take the token body of a log-in or refresh. */
export function take(body) {
  become({
    state: "in",
    token: body.access_token,
    endsAt: Date.now() + body.expires_in * 1000,
    seconds: body.expires_in,
    scopes: body.scope ? body.scope.split(" ") : [],
    sessionId: body.session_id,
    why: null,
  });
}

/** Be logged out; `why` is the code and detail of the refusal that ended it, or null where the person asked for it. */
export function leave(why = null, { tell = true } = {}) {
  become({ state: "out", token: null, endsAt: 0, seconds: 0, scopes: [], sessionId: null, why }, { tell });
}

/** Get a newer token than `stale`, once for all tabs. Returns null when there is one, else the answer that refused. */
export async function refresh(stale = session.token) {
  if (!navigator.locks) return ask(stale);
  let refused = null;
  const first = await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) refused = await ask(stale);
    return Boolean(lock);
  });
  if (first) return refused;
  return navigator.locks.request(LOCK, async () => {
    await news(stale);
    return ask(stale);
  });
}

async function ask(stale) {
  if (session.token !== stale) return session.token ? null : { status: 401, code: "revoked" };
  const answer = await send("POST", "/sessions/refresh");
  if (answer.ok) take(answer.body);
  else if (answer.status === 401) ended(answer, stale);
  return answer.ok ? null : answer;
}

function ended(answer, stale) {
  const everLoggedIn = stale !== null || answer.code !== "invalid_token";
  leave(everLoggedIn ? { code: answer.code, detail: answer.detail } : null, { tell: stale !== null });
}

function news(stale) {
  if (session.token !== stale) return Promise.resolve();
  return new Promise((resolve) => {
    const listener = () => {
      if (session.token === stale) return;
      listeners.delete(listener);
      resolve();
    };
    listeners.add(listener);
    setTimeout(() => { listeners.delete(listener); resolve(); }, HEARING);
  });
}

/**
 * The one wrapper around calls: it adds the bearer header, gets a new token first where ours has ended, and once after
 * a 401. A 403 for want of a scope gets a new token too: if that holds more, the call is made again, so a fresh grant
 * counts without a new log-in. Returns the last answer, with the earlier ones in `before`.
 */
export async function call(method, path, { body } = {}) {
  if (session.state === "in" && hasEnded()) {
    const refused = await refresh();
    if (refused) return { ...refused, asked: { method, path, headers: {} }, before: [] };
  }
  const { token, scopes } = session;
  const answer = await send(method, path, { body, token });
  const { status, code } = answer;
  const scopeWanted = status === 403 && (code === "insufficient_scope" || !code);
  if (!token || (status !== 401 && !scopeWanted)) return { ...answer, before: [] };
  const refused = await refresh(token);
  if (refused && status === 401 && refused.status !== 401) return { ...refused, before: [answer] };
  if (refused) return { ...answer, before: [] };
  const grown = session.scopes.some((scope) => !scopes.includes(scope));
  if (scopeWanted && !grown) return { ...answer, before: [], lookedAgain: true };
  const again = await send(method, path, { body, token: session.token });
  return { ...again, before: [answer] };
}

let pending = null; // the token of a log-in that waits for its second factor

/** Log in; with a `code` finish the log-in that waits for one: six digits of an app, or a recovery code. */
export async function logIn(username, password, code) {
  if (!pending || !code) return waiting(await enter("/sessions", { username, password, cookie: true }));
  const shown = /^[0-9 ]{6,7}$/.test(code) ? { totp: code } : { recovery_code: code };
  return waiting(await enter("/sessions/second-factor", { pending_token: pending, ...shown, cookie: true }));
}

function waiting(answer) {
  if (answer.code !== "invalid_second_factor") pending = answer.body?.pending_token ?? null;
  return answer;
}

export const logInByPasskey = (passkey) => enter("/sessions/passkey", { passkey, cookie: true });

export const signUp = (username, password, email) => enter("/users", { username, password, ...(email && { email }), log_in: true, cookie: true });

async function enter(path, body) {
  const answer = await send("POST", path, { body });
  if (answer.ok) take(answer.body);
  return answer;
}

/** End the session at the server and in every tab. */
export async function logOut() {
  const answer = await call("DELETE", "/sessions/current");
  if (answer.ok || answer.status === 401) leave();
  return answer;
}

/** Find out whether this browser is logged in. Returns null, or the answer that left it open. */
export async function start() {
  const refused = await refresh(null);
  return refused && session.state === "loading" ? refused : null;
}
