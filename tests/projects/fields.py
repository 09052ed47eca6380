"""What the forms of a page would send if nobody touched them."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """Names and values of the form to the part, as a browser without scripts sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._form = self._template = 0
        self._select = self._textarea = None
        self._text = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "form" and "form" in (values.get("class") or "").split():
            self._form = 1
        if tag == "template":
            self._template += 1
        if not self._form or self._template:
            return
        name, kind = values.get("name"), values.get("type", "text")
        if tag == "input" and name and (kind not in ("checkbox", "radio", "submit") or "checked" in values):
            self.pairs.append((name, values.get("value") or ("on" if kind == "checkbox" else "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            self.pairs.append((self._select, values.get("value", "")))
        elif tag == "textarea":
            self._textarea, self._text = name, ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = 0
        if tag == "template":
            self._template -= 1
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._textarea:
            self.pairs.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None

    def handle_data(self, data):
        if self._textarea:
            self._text += data


def fields_of(page: str) -> dict[str, list[str]]:
    """Names and values of the form of a page."""
    parser = _Fields()
    parser.feed(page)
    sent: dict[str, list[str]] = {}
    for name, value in parser.pairs:
        sent.setdefault(name, []).append(value)
    return sent
