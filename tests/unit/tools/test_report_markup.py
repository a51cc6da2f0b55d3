"""Reports show hostile text as text."""

import re
from html import escape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from milepost.adapters.tools.report_document import Report, Section, section_of
from milepost.adapters.tools.report_html import html
from milepost.adapters.tools.report_markdown import markdown, plain_line

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)">'
signs = st.text(alphabet="ab1 <>&\"'`*_[]()!#|~$\\-+.:/\n", max_size=40)


class Tags(HTMLParser):
    """Collects the names of tags and every attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.extend(attrs)


def hostile_report(text: str) -> Report:
    section = Section(heading=text, text=text, table=[{text: text}], alt=text)
    return Report(text, [section], {})


@given(signs)
def test_html_gets_no_tag_and_no_link_to_code_from_text(text: str) -> None:
    for value in (HOSTILE + text, text + HOSTILE, f"[x](javascript:alert(1)) {text}"):
        page = Tags(html(hostile_report(value)))
        assert not page.names & {"script", "img", "iframe", "object", "svg", "form", "link"}
        for name, attribute in page.attributes:
            assert not name.startswith("on")
            assert not (attribute or "").lower().startswith(("javascript:", "data:", "vbscript:"))


def test_html_shows_the_text_itself() -> None:
    page = html(Report("A & <b>", [Section(heading="1 < 2", text="**bold** <i>x</i>")], {}))
    assert "<h1>A &amp; &lt;b&gt;</h1>" in page
    assert "<h2>1 &lt; 2</h2>" in page
    assert "<strong>bold</strong> &lt;i&gt;x&lt;/i&gt;" in page
    assert "default-src 'none'" in page


@given(signs)
def test_a_line_of_markdown_is_rendered_as_the_plain_text_it_was(text: str) -> None:
    rendered = MarkdownIt("commonmark").render(f"# {plain_line(text)}").strip()
    plain = " ".join(text.split())
    assert rendered == f"<h1>{escape(plain, quote=False).replace(chr(34), '&quot;')}</h1>"


@given(signs)
def test_a_table_of_markdown_keeps_its_shape(text: str) -> None:
    page = markdown(Report("", [Section(table=[{"a": text, "b": 1}])], {}), path="r.md")
    rendered = MarkdownIt("commonmark").enable("table").render(page)
    assert len(re.findall("<td>", rendered)) == 2
    assert not Tags(rendered).names - {"table", "thead", "tbody", "tr", "th", "td"}


def test_markdown_text_keeps_its_markup_and_loses_its_tags() -> None:
    page = markdown(
        Report("", [Section(text=f"# Title\n\n**bold** {HOSTILE} 1 < 2")], {}), path="r"
    )
    assert page.startswith("# Title\n\n**bold** &lt;script>")
    assert "1 < 2" in page
    assert "<script" not in page


def test_markdown_text_keeps_its_links_in_angle_brackets() -> None:
    text = "see <https://example.org/a?b=c> and <javascript:alert(1)> <https://x onclick=a>"
    page = MarkdownIt("commonmark").render(markdown(Report("", [Section(text=text)], {}), path="r"))
    assert '<a href="https://example.org/a?b=c">https://example.org/a?b=c</a>' in page
    assert Tags(page).names == {"p", "a"}
    assert "&lt;javascript:" in page
    assert "&lt;https://x onclick=a&gt;" in page


def test_images_are_linked_relative_to_the_report() -> None:
    report = Report("", [Section(image="charts/a b.svg", heading="Sales")], {})
    assert "![Sales](../charts/a%20b.svg)" in markdown(report, path="p1/report.md")
    assert "![Sales](charts/a%20b.svg)" in markdown(report, path="report.md")


def test_bare_values_become_text_tables_or_indented_json() -> None:
    assert section_of("# Hi") == Section(text="# Hi")
    assert section_of([{"a": 1, "b": [2]}]) == Section(table=[{"a": 1, "b": "[2]"}])
    assert section_of({"a": 1}).text == '    {\n      "a": 1\n    }'
    assert section_of({"a": "x\u2028y"}).text == '    {\n      "a": "x\u2028y"\n    }'


def test_rows_with_different_fields_share_one_table() -> None:
    rows: list[dict[str, str | int | float | bool | None]] = [{"a": 1}, {"b": None, "a": True}]
    page = markdown(Report("", [Section(table=rows)], {}), path="r.md")
    assert page == "| a | b |\n| --- | --- |\n| 1 |  |\n| true |  |\n"
