// The words of the elements. They stand on pages of other origins, so they come along, by the language of the place.

const TEXTS = {
  en: {
    logIn: "Log in",
    logOut: "Log out",
    you: "You",
    account: "Logged in: {name}",
    yourAccount: "Your account",
    anotherAccount: "Use another account",
    loggedIn: "You are logged in as {name}.",
    username: "User name or verified e-mail",
    password: "Password",
    show: "Show",
    hide: "Hide",
    code: "Code",
    codeHint: "Six digits of your authenticator app, or a recovery code.",
    goOn: "Go on",
    again: "Begin again",
    passkey: "Use a passkey",
    or: "or",
    provider: "Go on with {name}",
    byMail: "Log in by mail",
    forgot: "Forgot your password?",
    newcomer: "No account yet?",
    signUp: "Sign up",
    missing: "Please fill this in.",
    wrong: "User name or password is wrong.",
    wrongCode: "This code is not right.",
    over: "This log-in took too long. Begin again.",
    wait: "Too many tries in a row. Wait {seconds} s, then try again.",
    free: "You can try again now.",
    noAnswer: "The service does not answer. Nothing is lost: try again.",
    noPasskey: "No passkey was shown. Try again, or use another way.",
    closed: "This account is closed. You can still take it back:",
    failed: "That did not work. Try again.",
  },
  de: {
    logIn: "Anmelden",
    logOut: "Abmelden",
    you: "Sie",
    account: "Angemeldet: {name}",
    yourAccount: "Ihr Konto",
    anotherAccount: "Anderes Konto verwenden",
    loggedIn: "Sie sind angemeldet als {name}.",
    username: "Benutzername oder bestätigte E-Mail",
    password: "Passwort",
    show: "Zeigen",
    hide: "Verbergen",
    code: "Code",
    codeHint: "Sechs Ziffern Ihrer Authenticator-App oder ein Wiederherstellungscode.",
    goOn: "Weiter",
    again: "Von vorn beginnen",
    passkey: "Passkey verwenden",
    or: "oder",
    provider: "Weiter mit {name}",
    byMail: "Per E-Mail anmelden",
    forgot: "Passwort vergessen?",
    newcomer: "Noch kein Konto?",
    signUp: "Registrieren",
    missing: "Bitte ausfüllen.",
    wrong: "Benutzername oder Passwort ist falsch.",
    wrongCode: "Dieser Code stimmt nicht.",
    over: "Diese Anmeldung hat zu lange gedauert. Beginnen Sie von vorn.",
    wait: "Zu viele Versuche hintereinander. Warten Sie {seconds} s, dann versuchen Sie es erneut.",
    free: "Sie können es jetzt erneut versuchen.",
    noAnswer: "Der Dienst antwortet nicht. Nichts ist verloren: Versuchen Sie es erneut.",
    noPasskey: "Es wurde kein Passkey gezeigt. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.",
    closed: "Dieses Konto ist geschlossen. Sie können es noch zurückholen:",
    failed: "Das hat nicht geklappt. Versuchen Sie es erneut.",
  },
  ar: {
    logIn: "تسجيل الدخول",
    logOut: "تسجيل الخروج",
    you: "أنت",
    account: "الحساب الحالي: {name}",
    yourAccount: "حسابك",
    anotherAccount: "استخدام حساب آخر",
    loggedIn: "سجّلت الدخول باسم {name}.",
    username: "اسم المستخدم أو بريد إلكتروني مؤكَّد",
    password: "كلمة المرور",
    show: "إظهار",
    hide: "إخفاء",
    code: "الرمز",
    codeHint: "ستة أرقام من تطبيق المصادقة، أو رمز استرداد.",
    goOn: "متابعة",
    again: "البدء من جديد",
    passkey: "استخدام مفتاح مرور",
    or: "أو",
    provider: "المتابعة باستخدام {name}",
    byMail: "الدخول عبر البريد",
    forgot: "هل نسيت كلمة المرور؟",
    newcomer: "ليس لديك حساب بعد؟",
    signUp: "إنشاء حساب",
    missing: "يرجى ملء هذا الحقل.",
    wrong: "اسم المستخدم أو كلمة المرور غير صحيحة.",
    wrongCode: "هذا الرمز غير صحيح.",
    over: "استغرق تسجيل الدخول وقتًا طويلًا. ابدأ من جديد.",
    wait: "محاولات كثيرة متتالية. انتظر {seconds} ثانية ثم حاول مجددًا.",
    free: "يمكنك المحاولة مجددًا الآن.",
    noAnswer: "الخدمة لا تستجيب. لم يضع شيء: حاول مجددًا.",
    noPasskey: "لم يُعرض أي مفتاح مرور. حاول مجددًا أو استخدم طريقة أخرى.",
    closed: "هذا الحساب مغلق. ما زال بإمكانك استعادته:",
    failed: "لم ينجح ذلك. حاول مجددًا.",
  },
};

const known = (tag) => {
  const language = tag.toLowerCase().split("-")[0];
  return Object.hasOwn(TEXTS, language) ? language : "";
};

/** Return the language of a place: its nearest `lang`, also across shadow roots; without one the browser's; else English. */
export function languageOf(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    if (at.lang) return known(at.lang) || "en";
  }
  return navigator.languages.map(known).find(Boolean) ?? "en";
}

/** Return one text: the page's own if there is one, with its values put in. */
export function textOf(own, language, key, values) {
  const text = own ?? TEXTS[language][key] ?? TEXTS.en[key];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
