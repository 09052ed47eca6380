"""Whatever is typed into a story: only the allowed elements and addresses reach a page, as a browser reads it (S17)."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projects import story

# Of what people and attackers type: constructs of Markdown, pieces of HTML, addresses, and what is no letter.
MARKDOWN = """
* _ ** __ *** ~~ ` ``` ~~~ # ## > - + 1. 2) --- === | [ ] ( ) ![ ][ ]( ]: < > \\ & &amp; &lt; &#x3c; &#0; &colon;
[a](https://example.org) [a](<b>) [a](b"c") ![b](c) [1] [23] [999] [1](https://example.org/[2])
<https://example.org> [x]: *a [1] b* **[2](https://c.example.org)** [a*b](https://d.example.org)* - [3]
[a](mailto:amt@example.org)
""".split()
HTML = r"""
<script>alert(1)</script> <img/src=x/onerror=alert(1)> <svg/onload=alert(1)> <a/href="javascript:alert(1)">
<iframe/srcdoc="<script>"> <style>*{color:red}</style> <p/style=x> </p> </div> </li></ul> <b> <!-- --> <![CDATA[ ]]>
<?x ?> <form/action=//x> <input/autofocus/onfocus=alert(1)> <base/href=//x> <template> <math><mtext> <table><tr>
<noscript> <plaintext> <a/href="https://example.org/>[1]"> "onmouseover="alert(1) '><script> <a/name=quelle-1>
<br/onclick=x> <p/id=inhalt> &lt;script&gt;
""".split()
ADDRESSES = r"""
https://example.org/ https://example.org/?a=1&b=[2] http://example.org/"x'y mailto:amt@example.org //example.org
/konto/ #quelle-1 javascript:alert(1) JaVaScRiPt:alert(1) java&#x09;script:alert(1) &#106;avascript:alert(1)
vbscript:x data:text/html,<script> data:image/png;base64,AA file:///etc/passwd ftp://example.org tel:110
blob:https://x view-source:http://x https:javascript:alert(1) https://example.org/>[1] http://[::1]/ http://ex ample
""".split()
ADDRESSES.append("\x01javascript:alert(1)")
ODD = [
    "    ",
    *"\t\n\r\x00\x01\x0b\x0c\x7f\x85\xa0\xad\u200b\u2028\u202e\u2066\ufeff\ufffd\ufffe\U000e0001\U0001f600\ue000İſ＜﹤е",
]
PIECES = st.one_of(
    st.sampled_from(MARKDOWN),
    st.sampled_from(HTML),
    st.builds("[{}]({})".format, st.sampled_from(["a", "[1]", "*b*", "<i>", ""]), st.sampled_from(ADDRESSES)),
    st.builds('<a href="{}">'.format, st.sampled_from(ADDRESSES)),
    st.sampled_from(ADDRESSES),
    st.sampled_from(ODD),
    st.text(max_size=8),
    st.sampled_from(["Sprachcafé", "Träger", " ", "  ", "\n- ", "\n1. ", "\n\n"]),
)
TEXTS = st.builds(str.join, st.sampled_from(["", "", " ", "\n"]), st.lists(PIECES, min_size=1, max_size=12))

PLAIN = {name: set() for name in ("p", "ul", "ol", "li", "em", "strong", "br")} | {"a": {"href", "rel"}}
CITED = {**PLAIN, "sup": {"class"}, "a": {"href", "rel", "aria-label"}}
NOTED = {"sup": CITED["sup"], "a": CITED["a"]}


def read(html: str) -> Iterator[Element]:
    """The elements that a browser makes of it; fails where it has to mend something, or where the text gets out."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    box, after = parser.parseFragment(f"<div>{html}</div><hr>")
    assert (box.tag, after.tag, len(after), box.tail, after.tail) == ("div", "hr", 0, None, None)
    mended = {code for _place, code, _values in parser.errors} - {"invalid-codepoint", "null-character"}
    assert not mended
    return (element for element in box.iter() if element is not box)


def address_as_read(href: str) -> str:
    """Browsers leave out tabs and line breaks, and blanks and control characters before the address."""
    return re.sub(r"[\t\n\r]", "", href).lstrip("".join(map(chr, range(33)))).lower()


def check(html: str, allowed: dict[str, set[str]]) -> None:
    for element in read(html):
        assert isinstance(element.tag, str), "a comment"
        assert element.tag in allowed
        assert set(element.attrib) <= allowed[element.tag]
        assert element.get("class", "cite") == "cite"
        if "href" in element.attrib:
            address = address_as_read(element.get("href"))
            own = "aria-label" in allowed["a"] and re.fullmatch(r"#quelle-\d{1,3}", address, re.ASCII)
            assert address.startswith(("http://", "https://", "mailto:")) or own
            assert own or element.get("rel") == "noopener nofollow"


@pytest.mark.check("S17")
@settings(derandomize=True, deadline=None, database=None, max_examples=1_500)
@given(text=TEXTS)
@example(text="[[1]](https://example.org/)")
@example(text="[a](beispiel.de) [b](//beispiel.de)")
def test_story_shows_nothing_but_the_allowed_elements_and_addresses(text):
    check(story.render_uncited(text), PLAIN)
    check(story.render(text), CITED)
    check(story.render_inline(text), NOTED)


def test_each_allowed_element_comes_through():
    """Otherwise an empty page would pass the test above."""
    text = "A *b* **c** [d](https://example.org) [e](mailto:amt@example.org)  \nf [1]\n\n- g\n\n1. h"
    assert {element.tag for element in read(story.render(text))} == set(CITED)
    check(story.render(text), CITED)
