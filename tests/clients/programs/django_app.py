"""A new Django project, as startproject makes it, with the settings and addresses that lie beside it."""

import os
import subprocess
import sys
from pathlib import Path

subprocess.run([sys.executable, "-m", "django", "startproject", "shop", "."], check=True)
for name in ("settings.py", "urls.py"):
    with Path("shop", name).open("a") as made:
        made.write(Path(name).read_text())
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

django.setup()
call_command("migrate", verbosity=0)
app = get_wsgi_application()
