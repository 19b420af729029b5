"""A text as a QR code (ISO/IEC 18004), for an authenticator app to read from the screen."""

import io


def svg(text: str) -> str:
    """Return the code as an SVG picture, dark on light with its quiet zone, whatever the page's colours."""
    import segno

    picture = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
        picture, kind="svg", xmldecl=False, nl=False, omitsize=True, dark="#000", light="#fff", border=4
    )
    return picture.getvalue().decode()
