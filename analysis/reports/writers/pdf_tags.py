"""The structure of a tagged PDF: what is a heading, a table, a cell, a figure, in the order of reading.

fpdf2 tags pictures only, side by side. This tree stands in the place of its builder and answers what the
writer of the file asks of one: whether it is empty, its objects, and which of them lie on a page.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from fpdf import FPDF
from fpdf.syntax import PDFObject, PDFString

COLUMN, ROW = "/O /Table /Scope /Column", "/O /Table /Scope /Row"


class Element(PDFObject):
    """A part of the document; on the page where it begins it has marked contents, on others parts of it."""

    def __init__(self, kind: str, parent: PDFObject | None, *, attributes: str = "", alt: str = "") -> None:
        super().__init__()
        self.kind, self.parent, self.attributes, self.alt = kind, parent, attributes, alt
        self.kids: list[int | PDFObject] = []
        self.page = 0
        self.pg: PDFObject | None = None  # the writer of the file puts the page here

    def page_number(self) -> int:
        """Return the page of the marked contents: the writer of the file asks for it."""
        return self.page

    def serialize(self, *_dict: object, **_security: object) -> str:
        """Return the object as it stands in the file."""
        kids = " ".join(kid.ref if isinstance(kid, PDFObject) else str(kid) for kid in self.kids)
        said = f"/S /{self.kind} /K [{kids}]"
        said += f" /P {self.parent.ref}" if self.parent else ""
        said += f" /Pg {self.pg.ref}" if self.pg else ""
        said += f" /A <<{self.attributes}>>" if self.attributes else ""
        said += f" /Alt {PDFString(self.alt).serialize()}" if self.alt else ""
        return f"{self.id} 0 obj\n<<{said}>>\nendobj"


class _Root(PDFObject):
    """The root of the tree and, by page, which element each marked content belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Element("Document", self)
        self.by_page: list[list[Element]] = []

    def serialize(self, *_dict: object, **_security: object) -> str:
        """Return the object as it stands in the file."""
        pages = " ".join(
            f"{place} [{' '.join(one.ref for one in elements)}]"
            for place, elements in enumerate(self.by_page)
        )
        said = f"/Type /StructTreeRoot /K [{self.document.ref}] /ParentTree <</Nums [{pages}]>>"
        return f"{self.id} 0 obj\n<<{said} /ParentTreeNextKey {len(self.by_page)}>>\nendobj"


class Structure:
    """Builds the tree while the pages are written."""

    def __init__(self, page: FPDF) -> None:
        self._page, self._root = page, _Root()
        self._all: list[Element] = [self._root.document]
        self._inside = [self._root.document]
        self._places: dict[int, int] = {}  # of the pages, in the list of the root
        page.struct_builder = self  # type: ignore[assignment] # it answers what is asked of one

    @property
    def doc_struct_elem(self) -> "Structure":
        """Return what holds the elements that lie on a page: the writer of the file looks here."""
        return self

    @property
    def k(self) -> list[Element]:
        """Return the elements that lie on a page."""
        return [one for one in self._all if one.page]

    def empty(self) -> bool:
        """Tell whether nothing was tagged."""
        return len(self._all) == 1

    def __iter__(self) -> Iterator[PDFObject]:
        """Give all objects, the root first."""
        yield self._root
        yield from self._all

    @contextmanager
    def part(self, kind: str, *, attributes: str = "", alt: str = "") -> Iterator[Element]:
        """Begin an element inside the present one; what is marked in the block belongs to it."""
        found = self._add(kind, self._inside[-1], attributes, alt)
        self._inside.append(found)
        try:
            yield found
        finally:
            self._inside.pop()

    @contextmanager
    def words(self) -> Iterator[None]:
        """Mark what the block writes, all of it on one page, as content of the present element."""
        number, element = self._page.page, self._inside[-1]
        if element.page not in {0, number}:  # it goes on on another page
            last = element.kids[-1]
            on = isinstance(last, Element) and last.page == number
            element = last if on and isinstance(last, Element) else self._add("Span", element)
        if number not in self._places:
            self._places[number] = self._page.pages[number].struct_parents = len(self._root.by_page)
            self._root.by_page.append([])
        marked = self._root.by_page[self._places[number]]
        element.page = number
        element.kids.append(len(marked))
        with self._between(f"/{element.kind} <</MCID {len(marked)}>> BDC"):
            marked.append(element)
            yield

    @contextmanager
    def ornament(self) -> Iterator[None]:
        """Mark what the block draws as nothing to be read: lines, and what is said again on each page."""
        with self._between("/Artifact BMC"):
            yield

    def _add(self, kind: str, parent: Element, attributes: str = "", alt: str = "") -> Element:
        found = Element(kind, parent, attributes=attributes, alt=alt)
        parent.kids.append(found)
        self._all.append(found)
        return found

    @contextmanager
    def _between(self, begin: str) -> Iterator[None]:
        self._page._out(begin)  # fpdf2 has no public way to mark content
        yield
        self._page._out("EMC")
