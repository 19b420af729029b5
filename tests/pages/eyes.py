"""What looks at a page: a browser that minds the policy, the shifts and the weight; axe; the camera."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, BrowserContext, Page, expect

from chalicelib.i18n.languages import LANGUAGES, SOURCE
from tests.support import patience

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "tests" / "screenshots"
AXE = ROOT / "tests" / "parts" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "six warm words by the sea"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SMALL, ZOOMED = {"width": 320, "height": 640}, {"width": 640, "height": 450}  # WCAG 1.4.10; a desk at 200 %

expect.set_options(timeout=patience.PAGE_MILLISECONDS)

# Before any script of ours: note refused loads, layout shifts and unexpected dialogs.
WATCH = """
  window.__violations = []; window.__shift = 0; window.__ran = [];
  document.addEventListener('securitypolicyviolation', (e) => window.__violations.push(`${e.violatedDirective} ${e.blockedURI}`));
  new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.__shift += e.value; })
    .observe({type: 'layout-shift', buffered: true});
  window.alert = (text) => window.__ran.push(text);
"""


class Site(Protocol):
    """Where the pages are."""

    @property
    def url(self) -> str:
        """Return the address that paths are put behind."""


@dataclass(frozen=True)
class Elsewhere:
    """Pages that are not at a service of this process: on a static host, on a deployed stage."""

    url: str


@dataclass
class Person:
    """One person at one browser: a context of its own, pages that are watched."""

    context: BrowserContext
    server: Site
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, server: Site, **options: Any) -> "Person":
        context = browser.new_context(viewport=options.pop("viewport", DESK), **options)
        context.set_default_timeout(patience.PAGE_MILLISECONDS)
        context.add_init_script(WATCH)
        return cls(context, server)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        return page

    def open(self, path: str = "/", *, state: str | None = None) -> Page:
        page = self.page()
        page.goto(self.server.url + path)
        return settled(page, state)

    def sign_up(self, username: str, *, page: Page | None = None) -> Page:
        page = page or self.open(state="out")
        page.get_by_role("radio", name="Sign up").check()
        page.locator("#up-username").fill(username)
        page.locator("#up-password").fill(PASSWORD)
        page.get_by_role("button", name="Make my account").click()
        return settled(page, "in")

    def log_in(self, username: str, *, password: str = PASSWORD, page: Page | None = None) -> Page:
        page = page or self.open(state="out")
        page.locator("#in-username").fill(username)
        page.locator("#in-password").fill(password)
        page.locator("#log-in button[type=submit]").click()
        return settled(page, "in")


def settled(page: Page, state: str | None = None) -> Page:
    """Wait until the page knows who is there."""
    page.wait_for_selector(f'html[data-ready="{state}"]' if state else "html[data-ready]")
    return page


def knock(page: Page, path: str, *, shown: str = "mine") -> str:
    """Knock at a door and return the status that the page shows."""
    page.locator(f'[name="shown"][value="{shown}"]').check()
    page.evaluate("document.querySelector('#result').replaceChildren()")
    page.locator(f'[data-path="{path}"]').click()
    page.wait_for_selector("#result:not([aria-busy]) .verdict")
    return str(page.locator(".verdict .status").inner_text())


def weight(page: Page) -> int:
    """Return the octets that the page and all that it loads have on the wire with an empty cache."""
    entries = "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
    return int(page.evaluate(f"{entries}.reduce((sum, e) => sum + (e.transferSize || e.encodedBodySize), 0)"))


# What axe-core finds, and nothing of what it did not: the rest is long to write and to read. Our pages have no media to load.
FOUND = """async (more) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false, ...more });
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 160))]);
}"""


def accessibility_faults(page: Page, **more: object) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds in the page as it is: rules, each with the elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    return [(rule, elements) for rule, elements in page.evaluate(FOUND, more)]


def assert_accessible(page: Page, *, where: str) -> None:
    """Demand that axe-core finds nothing, light and dark; where it is dark other colours are all that is other."""
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["cat.color"]})):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = accessibility_faults(page, **rules)
        assert not found, f"{where}, {scheme}: {json.dumps(found, indent=1)}"
    page.emulate_media(color_scheme="light")


def at_rest(page: Page) -> Page:
    """Wait until all has come that comes by itself: without a script that is what the document names."""
    page.wait_for_load_state()
    if page.evaluate("document.scripts.length"):
        page.wait_for_load_state("networkidle")
    return page


# What is wrong with where things stand: beside their card or the page, too low for a thumb, a scroll in a scroll.
MISPLACED = """() => {
  const found = new Set();
  const say = (what, element) => found.add(`${what}: ${element.outerHTML.slice(0, 120)}`);
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const box = element.getBoundingClientRect(), card = element.closest(".card"), style = getComputedStyle(element);
    if (!box.width || !element.checkVisibility({visibilityProperty: true}) || element.closest(".visually-hidden")) continue;
    if (box.right > document.documentElement.clientWidth + 1 || (box.left < -1 && box.right > 0)) say("off the page", element);
    if (card && card !== element) {
      const edge = card.getBoundingClientRect(), padding = parseFloat(getComputedStyle(card).paddingRight);
      if (box.right > edge.right - padding + 1 || box.left < edge.left + padding - 1) say("out of its card", element);
    }
    const pressed = element.matches("input[type=radio], input[type=checkbox]") ? element.closest("label") : element;
    if (element.matches("a, button, summary, select, textarea, input") && style.display !== "inline"
        && pressed.getBoundingClientRect().height < 44) say("lower than 44 px", element);
    if (/auto|scroll/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 1) say("scrolls inside", element);
  }
  return [...found];
}"""


def assert_in_its_place(page: Page, *, where: str) -> None:
    """Demand that all stands in its card and can be pressed on small phones, phones, a desk and one at 200 %.

    Where it is dark other colours are all that is other: ``test_pages`` watches the style sheets for that.
    """
    before = page.viewport_size
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for size in (SMALL, PHONE, ZOOMED, DESK):
        page.set_viewport_size(size)
        misplaced = page.evaluate(MISPLACED)
        assert not misplaced, (where, size, misplaced)
    page.set_viewport_size(before or DESK)


def assert_in_its_place_in_every_language(page: Page, *, where: str) -> None:
    """Demand the same of the page as others read it, from right to left too, where it is narrow; and that axe finds nothing."""
    before = page.viewport_size
    for language in set(LANGUAGES) - {SOURCE}:
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.reload()
        at_rest(page)
        at = (where, language)
        written = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        assert written == [language, LANGUAGES[language].direction], at
        for size in (SMALL, ZOOMED):
            page.set_viewport_size(size)
            misplaced = page.evaluate(MISPLACED)
            assert misplaced == [], (*at, size, misplaced)
        found = accessibility_faults(page)
        assert not found, (*at, found)
    page.set_viewport_size(before or DESK)
    page.context.set_extra_http_headers({})


# What one can press or fill in, each radio group once, and whether the focus has been there.
CONTROLS = """() => {
  const shown = (each) => each.checkVisibility() && !each.disabled && !each.closest("[inert], fieldset:disabled");
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const all = [...document.querySelectorAll(controls)].filter(shown);
  const first = (each) => each.type !== "radio" || all.find(({type, name}) => type === "radio" && name === each.name) === each;
  window.__controls = new Map(all.filter(first).map((each) => [each, false]));
  const one = (at) => at.type === "radio" ? all.find(({type, name}) => type === "radio" && name === at.name) : at;
  addEventListener("focusin", ({target}) => window.__controls.has(one(target)) && window.__controls.set(one(target), true));
  document.activeElement.blur();
  return window.__controls.size;
}"""
LEFT_OUT = (
    "() => [...window.__controls].filter(([, been]) => !been).map(([each]) => each.outerHTML.slice(0, 120))"
)


def assert_reached_by_keys(page: Page, *, where: str) -> None:
    """Demand that the Tab key alone leads to all that one can press or fill in: browsers' own controls, which take keys."""
    left_out = [where] * (page.evaluate(CONTROLS) + 5)
    for _ in range(4):  # a field of date and time takes the key seven times
        for _ in left_out:
            page.keyboard.press("Tab")
        left_out = page.evaluate(LEFT_OUT)
    assert not left_out, (where, left_out)


SAID = """() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll("[alt], [title], [aria-label], [download]")].flatMap(
    (each) => ["alt", "title", "aria-label", "download"].map((name) => each.getAttribute(name) ?? ""))].join(" ")"""
PAINTED = """() => { const image = document.querySelector(".brand img"); return image.complete && image.naturalWidth > 0; }"""


def assert_theirs(page: Page, *, name: str) -> None:
    """Demand that a page is of whoever runs the service: their name and mark, and ours in one small line at its foot."""
    said = str(page.evaluate(SAID))
    assert page.locator(".brand").inner_text().strip() == name
    assert name in page.title()
    named = re.sub(r"\bCUPBEARER_[A-Z_]+|\S*/\S+", "", said)  # settings have names and values
    assert named.lower().count("cupbearer") == 1, said
    assert "Cupbearer" in page.locator("footer small").inner_text()  # in whatever language
    assert page.evaluate(PAINTED)


def take_pictures(page: Page, name: str) -> None:
    """Write the page light, dark and phone-sized into tests/screenshots, for people; no test looks at them."""
    if "PICTURES" not in os.environ:
        return
    PICTURES.mkdir(exist_ok=True)
    for suffix, scheme, size in (
        ("light", "light", DESK),
        ("dark", "dark", DESK),
        ("phone", "light", PHONE),
        ("phone-dark", "dark", PHONE),
    ):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=PICTURES / f"{name}-{suffix}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)


def assert_kept_to_the_policy(person: Person) -> None:
    """Demand that nothing was refused by the policy, nothing threw, and no injected script ran (BR-4, BR-5)."""
    assert not person.complaints
    for page in person.context.pages:
        assert page.evaluate("[window.__violations, window.__ran]") == [[], []]
