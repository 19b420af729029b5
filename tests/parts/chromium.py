"""The system's Chromium, driven by playwright; its API takes one instance a process."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.parts import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Playwright's own, for of this switch the last one counts; and the address bar's pop-ups, pages of the browser's own
# which nobody sees here and which take most of the time of each new context.
WITHOUT = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=" + ",".join(WITHOUT),
    "--disable-sync",
]

# The first that is there. The shell has the whole engine and no window, toolbar or address bar to draw: a third less work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def executable() -> str:
    """Return where the browser is; a missing one is named."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or missing("Chromium", install=f"apt-get install --no-install-recommends {NAMES[0]}")


@contextmanager
def launched() -> Iterator["Browser"]:
    """Launch it; a missing part is named."""
    chromium = executable()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright", install="pip install -r requirements-dev.txt")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()
