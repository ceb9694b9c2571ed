"""The two errors of reading a sheet: the whole file cannot be read, or one cell cannot.

SheetUnreadable    leaves the package; ends the reading of a file
CellUnreadable     stays inside; becomes the reason of a rejected row
"""


class SheetUnreadable(Exception):
    """The file as a whole cannot be read. `safe_text` says in one sentence what is wrong and what to do.

    The text may quote header cells of the file, shortened and without control characters: it is meant for the person
    who chose the file.
    """

    def __init__(self, safe_text: str) -> None:
        super().__init__(safe_text)
        self.safe_text: str = safe_text


class CellUnreadable(Exception):
    """A value is present and cannot be read. `complaint` continues the sentence `column "X": "value" ...`."""

    def __init__(self, complaint: str) -> None:
        super().__init__(complaint)
        self.complaint: str = complaint
