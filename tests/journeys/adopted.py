"""What somebody makes of Cupbearer: a service under their name, with a route of theirs, and an app on another origin."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.test_browser_app import files_served
from tests.parts.ports import free_port
from tests.parts.server import Server, running
from tests.plugin.test_example import readers_project
from tests.support.documents import block

NAME, ACCENT = "Pangolin Post", "#0f5c4a"
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f5c4a"/>
<path d="M6 11h20v12H6zm0 0 10 8 10-8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linejoin="round"/></svg>"""
SCOPES = ("openid", "profile", "email", "orders:write")
INDEX = """<!doctype html>
<html lang="LANGUAGE" dir="DIRECTION">
<head>
  <meta charset="utf-8">
  <title>Pangolin Post</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta http-equiv="Content-Security-Policy" content="POLICY">
  <link rel="stylesheet" href="app.css">
  <script type="module" src="app.js"></script>
</head>
<body>
  <header><h1>Pangolin Post</h1>
  <cupbearer-user client-id="CLIENT_ID" scope="SCOPES" post-logout-redirect-uri="HERE/"></cupbearer-user></header>
  <main><button type="button" hidden>Tea for two</button> <output></output></main>
</body>
</html>
"""
OWN_SITE = INDEX[: INDEX.index("<body>")] + "<body><cupbearer-log-in></cupbearer-log-in></body></html>"
STYLE = """body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
main button { font: inherit; padding: 0.6rem 1.2rem; min-height: 44px; border: 0; border-radius: 9px; }
main button { background: #0f5c4a; color: #fff; }
header { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; align-items: center; }
"""
SCRIPT = """import "ISSUER/cupbearer-elements.js";

const one = (selector) => document.querySelector(selector);
const cupbearer = one("cupbearer-user")?.client;
cupbearer?.onChange(({ state }) => (one("main button").hidden = state !== "in"));
one("main button")?.addEventListener("click", async () => {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"item": "tea", "amount": 2}' };
  one("output").textContent = JSON.stringify(await (await cupbearer.fetch("ISSUER/orders", json)).json());
});
"""


@dataclass(frozen=True)
class Adopted:
    """Their service, and their app on an origin of its own."""

    server: Server
    origin: str
    folder: Path
    client_id: str

    @property
    def own_site(self) -> str:
        """A page of theirs on the service's own site: another port of its host."""
        return f"{self.origin.replace('127.0.0.1', 'localhost')}/own-site.html"

    def speaks(self, language: str) -> None:
        """Put their app into its folder, in a language."""
        policy = "default-src 'none'; style-src 'self'; script-src 'self' ISSUER; connect-src ISSUER"
        meant = {"ISSUER": self.server.url, "CLIENT_ID": self.client_id, "LANGUAGE": language}
        meant |= {"DIRECTION": "rtl" if language == "ar" else "ltr"}
        meant |= {"SCOPES": " ".join(SCOPES), "HERE": self.origin}
        meant |= {"POLICY": policy.replace("ISSUER", self.server.url)}
        files = {"index.html": INDEX, "own-site.html": OWN_SITE, "app.css": STYLE, "app.js": SCRIPT}
        for name, text in files.items():
            filled = re.sub("|".join(meant), lambda found: meant[found[0]], text)
            (self.folder / name).write_text(filled, encoding="utf-8")


@contextmanager
def adopted(folder: Path) -> Iterator[Adopted]:
    """Serve both from ``folder``: a clone with the route of README.md in it and no samples, and the app."""
    project, site = folder / "theirs", folder / "site"
    readers_project(project, *(block(f"README.md#a-route-of-your-own-{number}") for number in (1, 2)))
    shutil.rmtree(project / "chalicelib" / "sample")  # what CUPBEARER_SAMPLES=off leaves out of a package
    logo = project / "chalicelib" / "api" / "logo.svg"
    logo.write_text(LOGO)
    site.mkdir()
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with running(
        folder, project=project, SAMPLES="off", EMAIL_LOG_IN="on", DEFAULT_SCOPES="orders:write",
        NAME=NAME, LOGO=str(logo), ACCENT=ACCENT, SUPPORT_URL="mailto:help@pangolin.example",
        TERMS_URL="https://pangolin.example/terms", PRIVACY_URL="https://pangolin.example/privacy",
        ALLOWED_ORIGINS=json.dumps([origin, f"http://localhost:{port}"]),
    ) as server:  # fmt: skip
        back = ("--redirect-uri", f"{origin}/", "--post-logout-redirect-uri", f"{origin}/")
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        made = server.command("clients", "create", "Pangolin Letters", "--public", *back, *scopes, "--json")
        with files_served(site, port):
            yield Adopted(server, origin, site, json.loads(made)["client_id"])
