import os

from flask import Flask, session
from flask_oidc import OpenIDConnect

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["COOKIE_SECRET"]
app.config["SESSION_COOKIE_NAME"] = "flask-oidc"
app.config["OIDC_SCOPES"] = "openid profile email"
app.config["OIDC_CLIENT_SECRETS"] = {
    "web": {
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "issuer": os.environ["ISSUER"],
    }
}
oidc = OpenIDConnect(app)


@app.get("/")
@oidc.require_login
def home():
    return session["oidc_auth_profile"]
