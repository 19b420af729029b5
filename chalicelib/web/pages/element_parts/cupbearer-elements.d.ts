// Types of /cupbearer-elements.js. Its documents: /cupbearer.js/docs.

import type { Cupbearer, Session } from "./cupbearer.js";

/** The words of the elements, each of which a page may say otherwise. `{name}` and `{seconds}` are filled in. */
export type Text =
  | "logIn" | "logOut" | "you" | "account" | "yourAccount" | "anotherAccount" | "loggedIn" | "username" | "password" | "show"
  | "hide" | "code" | "codeHint" | "goOn" | "again" | "passkey" | "or" | "provider" | "byMail" | "forgot" | "newcomer" | "signUp"
  | "missing" | "wrong" | "wrongCode" | "over" | "wait" | "free" | "noAnswer" | "noPasskey" | "closed" | "failed";

interface CupbearerElement extends HTMLElement {
  /** The client of the library: of one's own, or else the one that the attributes name. */
  client: Cupbearer;
  /** Words in place of the element's own. An attribute does the same for one: `text-log-in`. */
  texts: Partial<Record<Text, string>>;
  /** The language of the words: of the nearest `lang`, else of the browser. */
  readonly language: "en" | "de" | "ar";
}

/** Who is logged in; or a button to log in. Dispatches `cupbearer-log-in`: `preventDefault()` keeps it from leaving the page. */
export interface CupbearerUser extends CupbearerElement {}

/** The card to log in at, in cookie mode; in code mode a button to the hosted page. */
export interface CupbearerLogIn extends CupbearerElement {}

export const CupbearerUser: { new (): CupbearerUser };
export const CupbearerLogIn: { new (): CupbearerLogIn };

declare global {
  interface HTMLElementTagNameMap {
    "cupbearer-user": CupbearerUser;
    "cupbearer-log-in": CupbearerLogIn;
  }
  interface HTMLElementEventMap {
    /** Somebody logged in or out, got a new token, or it is known now. */
    "cupbearer-change": CustomEvent<Session>;
    "cupbearer-log-in": CustomEvent<null>;
  }
}
