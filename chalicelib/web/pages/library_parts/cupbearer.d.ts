// Types of /cupbearer.js. Its documents: /cupbearer.js/docs.

/** What connect() takes. The first call for an issuer and a client id settles the rest. */
export interface Options {
  /** A public client of the service: code mode, for pages of any origin. Without it: cookie mode, for pages of the service's own site. */
  clientId?: string;
  /** The service; where the file came from. */
  issuer?: string;
  /** What the application asks for: "openid profile email". Code mode. */
  scope?: string;
  /** Where log-ins come back to, as it is registered: the origin of the page and "/". Code mode. */
  redirectUri?: string;
  /** Where log-outs come back to, as it is registered; without it the service's own page stays. Code mode. */
  postLogoutRedirectUri?: string;
  /** Addresses that fetch() gives the token to, beside the issuer and the page's own origin. */
  apis?: string[];
  /** "session" keeps tokens in this tab's session storage, where every script of the page can read them. "memory" by default. */
  storage?: "memory" | "session";
  /** Whether a page that knows nothing after a reload asks quietly, by one redirect, where somebody was logged in: true. */
  resume?: boolean;
}

/** Who is logged in here, as far as it is known. Times are seconds. */
export interface Session {
  readonly state: "loading" | "in" | "out";
  readonly scopes: readonly string[];
  readonly sessionId: string | null;
  /** How long a token lasts, and for how long this one still does. */
  readonly lasts: number;
  readonly endsIn: number;
  /** What ended or refused it, or keeps it from being known; null where the person asked for it, or was never in. */
  readonly why: { readonly code: string; readonly detail: string; readonly status: number; readonly retryAfter: number | null } | null;
}

/** The claims of OpenID Connect Core section 5.1 that are known. */
export interface Person {
  sub: string;
  name?: string;
  preferred_username?: string;
  email?: string;
  email_verified?: boolean;
}

/** A log-in at the hosted page. */
export interface HostedLogIn {
  /** Where to be afterwards: by default where the person was. */
  returnTo?: string;
  /** Code mode, as in OpenID Connect Core section 3.1.2.1: */
  prompt?: "login" | "consent" | "select_account";
  loginHint?: string;
  acrValues?: string;
  uiLocales?: string;
  scope?: string;
}

/** A log-in in one's own page. Cookie mode. */
export type OwnLogIn =
  | { username: string; password: string }
  /** Six digits of an app or a recovery code, after `second_factor_required`. */
  | { code: string }
  | { passkey: true | PublicKeyCredentialJSON; secondFactor?: boolean; mediation?: CredentialMediationRequirement; signal?: AbortSignal };

export interface Cupbearer {
  readonly mode: "cookie" | "code";
  readonly issuer: string;
  readonly accountUrl: string;
  readonly session: Session;
  /** It is known whether somebody is logged in, and the address bar holds no answer any more. Never rejects. */
  readonly ready: Promise<void>;
  /** Calls `listener` now and at every change, in whichever tab it happened. Returns what stops it. */
  onChange(listener: (session: Session, before: Session) => void): () => void;
  logIn(options?: HostedLogIn | OwnLogIn): Promise<Session>;
  /** Cookie mode. `captcha` is the answer of the widget that `GET /sessions/ways` names, if any. */
  signUp(account: { username: string; password: string; email?: string; name?: string; captcha?: string }): Promise<Session>;
  /** `here`: of this application alone, without leaving the page. Code mode. */
  logOut(options?: { here?: boolean }): Promise<void>;
  user(options?: { fresh?: boolean }): Promise<Person | null>;
  /** A token that is good now; `fresh` gets a new one in any case. */
  token(options?: { fresh?: boolean }): Promise<string | null>;
  /** `retry: false` waits for nothing; `onRefused` hears of answers after which a new token was got. */
  fetch(input: RequestInfo | URL, init?: RequestInit & { retry?: boolean; onRefused?: (response: Response) => void }): Promise<Response>;
}

/** The one client of this page for an issuer and a client id. */
export function connect(options?: Options): Cupbearer;

export class CupbearerError extends Error {
  /**
   * The service's word (`invalid_credentials`, `second_factor_required`, `revoked`, `access_denied`, …), or one of ours:
   * `offline`, `no_answer`, `state_mismatch`, `nonce_mismatch`, `issuer_mismatch`, `login_required`, `foreign_address`,
   * `no_passkey`, `log_in_over`, `other_site`.
   */
  readonly code: string;
  readonly detail: string;
  /** 0 without an answer. */
  readonly status: number;
  readonly body: unknown;
  /** Seconds. */
  readonly retryAfter: number | null;
  /** What is wrong, by field. */
  readonly errors: Readonly<Record<string, string>>;
  /** What can be shown, with `second_factor_required`. */
  readonly factors: readonly string[];
}
