// The log-in of our own pages: the library that everybody gets, without its mode for other sites, with its answers as values. Nothing here throws.

import { API } from "./dom.js";
import { connect } from "./cupbearer_own.js";
import { LANGUAGE } from "./texts.js";
import { PATIENCE, answered, unanswered } from "./wire.js";

const ours = connect({ issuer: new URL(API || "/", location.href).href.replace(/\/$/, "") });

/** The session as the library shows it: `{state, scopes, sessionId, lasts, endsIn, why}`. */
export const current = () => ours.session;

/** Call `listener(session, before)` now and at every change. */
export const watch = (listener) => ours.onChange(listener);

/** Return a token that is good now, null where there is none to be had. */
export const token = () => ours.token().catch(() => null);

/** Get a newer token, once for all tabs. Returns null when there is one, else the answer that refused. */
export async function refresh() {
  const answer = await answering(() => ours.token({ fresh: true }));
  return answer.ok ? null : answer;
}

let begun = false;

/** Find out whether this browser is logged in. Returns null, or the answer that left it open. */
export async function start() {
  await ours.ready; // the library has asked once
  const again = begun && current().state === "loading" ? await refresh() : null;
  begun = true;
  const { state, why } = current();
  return state === "loading" ? again ?? refused(why, {}) : null;
}

/**
 * The one wrapper around calls: the library adds the token, gets a new one first where ours has ended, and once after a
 * 401 or a 403 for want of a scope. Returns the last answer, with the earlier ones in `before`.
 */
export async function call(method, path, { body } = {}) {
  const before = [];
  const asked = { method, path: API + path, headers: body === undefined ? {} : { "Content-Type": "application/json" } };
  const options = { method, headers: { "Accept-Language": LANGUAGE, ...asked.headers }, body: JSON.stringify(body), cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE) };
  const shown = await token();
  try {
    const response = await ours.fetch(asked.path, { ...options, retry: false, onRefused: (refused) => before.push(refused) });
    const last = before.length ? await token() : shown;
    return { ...(await answered(bearing(asked, last), response)), before: await Promise.all(before.map((each) => answered(bearing(asked, shown), each))) };
  } catch (error) {
    return { ...refused(error, bearing(asked, shown)), before: [] };
  }
}

const bearing = (asked, token) => (token ? { ...asked, headers: { Authorization: `Bearer ${token}`, ...asked.headers } } : asked);

const refused = (error, asked) => (error.status ? { ...unanswered(asked), ...error, ok: false, offline: false, retryAfter: error.retryAfter ?? (error.status === 429 || error.status === 503 ? 2 : null) } : unanswered(asked));

/** Return `{ok: true}`, or the refusal as an answer. */
async function answering(act) {
  try {
    await act();
    return { ok: true };
  } catch (error) {
    return refused(error, {});
  }
}

/** Log in; with a `code` finish the log-in that waits for one: six digits of an app, or a recovery code. */
export const logIn = (username, password, code) => answering(() => ours.logIn({ username, password, code }));

export const logInByPasskey = (passkey) => answering(() => ours.logIn({ passkey }));

export const signUp = (username, password, email) => answering(() => ours.signUp({ username, password, email }));

/** End the session at the server and in every tab. */
export const logOut = () => answering(() => ours.logOut());
