import os

from flask import Flask
from flask_dance.consumer import OAuth2ConsumerBlueprint

ISSUER = os.environ["ISSUER"]
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the issuer is http://localhost
app = Flask(__name__)
app.secret_key = os.environ["COOKIE_SECRET"]
cupbearer = OAuth2ConsumerBlueprint(
    "cupbearer",
    __name__,
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    base_url=ISSUER,
    authorization_url=f"{ISSUER}/oauth/authorize",
    token_url=f"{ISSUER}/oauth/token",
    scope=["openid", "profile", "email"],
    use_pkce=True,
    redirect_url="/",
)
app.register_blueprint(cupbearer, url_prefix="/login")


@app.get("/")
def home():
    return cupbearer.session.get("/oauth/userinfo").json()
