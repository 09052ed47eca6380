"""The forms of a page with their buttons, as a browser without scripts would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form that posts: where to, its fields as they stand, and the buttons that send it."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def ways_to_send(self) -> list[dict[str, list[str] | str]]:
        return [{**self.fields, **button} for button in self.buttons or [{}]]


class _Forms(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.found, self._form, self._select, self._text = address, [], None, "", None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "form":
            self._form = Form(given.get("action") or self.address) if given.get("method") == "post" else None
        if self._form is None:
            return
        if tag == "button" or (tag == "input" and kind == "submit"):
            self._form.buttons.append({name: given.get("value", "")} if name else {})
            if action := given.get("formaction"):
                self.found.append(Form(action, self._form.fields))
        elif tag == "input" and name:
            # Boxes are ticked: whoever attacks agrees to everything.
            self._add(name, given.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self._form.fields):
            self._form.fields[self._select] = [given.get("value", "")]
        elif tag == "textarea":
            self._text = (name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form:
            self.found.append(self._form)
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._text:
            self._add(*self._text)
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text = (self._text[0], self._text[1] + data)

    def _add(self, name: str, value: str) -> None:
        if self._form is not None and name != "csrfmiddlewaretoken":
            self._form.fields.setdefault(name, []).append(value)


def forms_of(page: str, address: str) -> list[Form]:
    parser = _Forms(address)
    parser.feed(page)
    return parser.found
