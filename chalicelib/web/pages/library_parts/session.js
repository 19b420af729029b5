// The one session of all tabs. Tokens are in memory and nowhere else; a lock lets one tab ask for the next ones, a
// channel tells the others.

import { CupbearerError, pause } from "./wire.js";

const HEARING = 400; // milliseconds that a tab waits for the news of the one that held the lock before it
const ASKING = 200; // milliseconds that a new tab waits for the others to say who is logged in
const EARLY = 5; // seconds before its end that a token is no longer handed out
const LOST = [300, 1000]; // milliseconds before a refresh whose answer was lost is sent again, within the service's grace
const ENDED = (error) => error.status === 401 || error.code === "login_required" || error.body?.error === "invalid_grant";
const reason = (error) => error && { code: error.code, detail: error.detail, status: error.status ?? 0, retryAfter: error.retryAfter ?? null };
const NOBODY = { token: null, secret: null, idToken: null, scopes: [], sessionId: null, lasts: 0, at: 0, why: null };

export class SharedSession {
  #name;
  #renew;
  #channel;
  #kept = { ...NOBODY, state: "loading" };
  #steady = 0; // when the token began by the clock that nobody sets; `at` is the same moment by the one on the wall
  #listeners = new Set();
  #shown;

  /** `renew(kept)` asks the service for what comes after `kept`. */
  constructor(name, renew) {
    this.#name = name;
    this.#renew = renew;
    this.#shown = this.#snapshot();
    this.#channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(name) : null;
    this.#channel?.addEventListener("message", ({ data }) => this.#hear(data));
  }

  get kept() { return this.#kept; }
  get shown() { return this.#shown; }

  /** Tell whether the token has ended, by whichever clock has gone further: one stands still in a sleep, one can be set. */
  get hasEnded() { return this.#left() <= Math.min(EARLY, this.#kept.lasts / 10); }

  /** Call `listener(session, before)` now and at every change. Returns what stops it. */
  watch(listener) {
    this.#listeners.add(listener);
    listener(this.#shown, this.#shown);
    return () => this.#listeners.delete(listener);
  }

  /** Take what a log-in or a refresh gave: `{token, secret, idToken, scopes, sessionId, lasts}`. */
  enter(given) { this.#become({ ...this.#kept, ...given, state: "in", at: Date.now(), why: null }); }

  /** Be logged out; `why` is the error that ended it, or null where the person asked for it. */
  leave(why = null, tell = true) { this.#become({ ...NOBODY, state: "out", why: reason(why) }, tell); }

  /** Not know yet who is there, for a reason. */
  wonder(why) { this.#become({ ...NOBODY, state: "loading", why: reason(why) }, false); }

  /** Go on with what this tab kept; what the other tabs have is newer. */
  resume(kept) { this.#become(kept, false); }

  /** Ask the other tabs who is logged in. Returns whether one of them knew. */
  async heard() {
    const known = this.#kept;
    this.#channel?.postMessage({ ask: true });
    await this.#news(known, this.#channel ? ASKING : 0);
    return this.#kept !== known;
  }

  /** Get a newer token than `stale`, once for all tabs. Throws CupbearerError where none is to be had. */
  async refresh(stale = this.#kept.token) {
    if (!navigator.locks) return this.#ask(stale);
    const first = await navigator.locks.request(this.#name, { ifAvailable: true }, async (lock) => {
      if (lock) await this.#ask(stale);
      return Boolean(lock);
    });
    if (first) return undefined;
    return navigator.locks.request(this.#name, async () => {
      if (this.#kept.token === stale) await this.#news(this.#kept, HEARING);
      await this.#ask(stale);
    });
  }

  async #ask(stale) {
    const known = this.#kept;
    if (known.token !== stale) {
      if (known.state === "in") return;
      throw new CupbearerError("revoked", "The session is over.", { status: 401 });
    }
    try {
      const given = await this.#insist();
      if (this.#kept === known) this.enter(given); // else somebody logged out or in meanwhile
    } catch (error) {
      if (this.#kept !== known && this.#kept.state === "in") return; // the refusal is about who was here before
      // Somebody who was never logged in is told no reason, and the other tabs know better who is.
      if (ENDED(error)) this.leave(stale || error.code !== "invalid_token" ? error : null, stale !== null);
      throw error;
    }
  }

  /** Renew; where the answer was lost on its way, at once again: the service takes the same secret once more for some seconds. */
  async #insist() {
    for (const wait of LOST) {
      try {
        return await this.#renew(this.#kept);
      } catch (error) {
        if (error.code !== "no_answer") throw error;
      }
      await pause(wait);
    }
    return this.#renew(this.#kept);
  }

  #become(kept, tell = true) {
    const before = this.#shown;
    this.#kept = kept;
    // A message may have waited in a tab that slept: what passed since is taken off.
    this.#steady = performance.now() - Math.max(0, Date.now() - kept.at);
    this.#shown = this.#snapshot();
    if (tell) this.#channel?.postMessage({ kept });
    for (const listener of [...this.#listeners]) listener(this.#shown, before);
  }

  #hear({ ask, kept }) {
    if (kept) this.#become(kept, false);
    else if (ask && this.#kept.state === "in") this.#channel.postMessage({ kept: this.#kept });
  }

  #news(known, milliseconds) {
    return new Promise((resolve) => {
      const done = () => { clearTimeout(timer); this.#listeners.delete(listener); resolve(); };
      const listener = () => this.#kept !== known && done();
      const timer = setTimeout(done, milliseconds);
      this.#listeners.add(listener);
    });
  }

  #left() {
    const passed = Math.max(performance.now() - this.#steady, Date.now() - this.#kept.at);
    return Math.max(0, this.#kept.lasts - passed / 1000);
  }

  #snapshot() {
    const { state, scopes, sessionId, lasts, why } = this.#kept;
    const left = () => (this.#shown === shown ? this.#left() : 0);
    const shown = Object.freeze({ state, scopes: Object.freeze([...scopes]), sessionId, lasts, why, get endsIn() { return left(); } });
    return shown;
  }
}
