"""Pictures of the virtual PC's screen, and what the tests ask of them. Pure Python, no library beyond the standard one."""
import collections
import re
import struct
import zlib

# The kernel's built-in console font.
CELL_WIDTH, CELL_HEIGHT = 8, 16


class Picture:
    """An RGB picture: `width` x `height` pixels, `data` with three bytes a pixel, row by row from the top left."""

    def __init__(self, width, height, data):
        if len(data) != width * height * 3:
            raise ValueError(f"{len(data)} bytes are no {width}x{height} picture")
        self.width, self.height, self.data = width, height, data

    @classmethod
    def from_ppm(cls, ppm):
        """Reads binary PPM (P6, 8 bits), which is what QEMU's screendump writes unless asked otherwise."""
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
        if header is None:
            raise ValueError(f"no 8-bit binary PPM: {ppm[:20]!r}")
        return cls(int(header[1]), int(header[2]), ppm[header.end():])

    def save_png(self, path):
        stride = self.width * 3
        rows = b"".join(b"\0" + self.data[y * stride:(y + 1) * stride] for y in range(self.height))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 6)) +
                       _chunk(b"IEND", b""))

    def pixels(self, left=0, top=0, width=None, height=None):
        """The pixels of a rectangle as a list of (r, g, b), row by row."""
        width = self.width - left if width is None else width
        height = self.height - top if height is None else height
        found = []
        for y in range(top, top + height):
            start = (y * self.width + left) * 3
            row = self.data[start:start + width * 3]
            found.extend(zip(row[0::3], row[1::3], row[2::3]))
        return found

    def colours(self, **rectangle):
        """How often each colour occurs, as a Counter."""
        return collections.Counter(self.pixels(**rectangle))

    def is_blank(self):
        """One colour only, as a screen without a signal, without a console or without a picture has."""
        return len(set(self.pixels())) == 1

    def cell(self, row, column):
        """The pixels of one character cell of the text console, as bytes that can be compared."""
        return b"".join(self.data[((row * CELL_HEIGHT + y) * self.width + column * CELL_WIDTH) * 3:][:CELL_WIDTH * 3]
                        for y in range(CELL_HEIGHT))

    def __eq__(self, other):
        return isinstance(other, Picture) and (self.width, self.height, self.data) == (other.width, other.height, other.data)


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


class Console:
    """What the kernel believes to be on a text console: the contents of /dev/vcsaN (see vcs(4))."""

    def __init__(self, vcsa):
        self.rows, self.columns, self.cursor_x, self.cursor_y = vcsa[:4]
        cells = vcsa[4:4 + 2 * self.rows * self.columns]
        if len(cells) != 2 * self.rows * self.columns:
            raise ValueError(f"{len(vcsa)} bytes are no {self.columns}x{self.rows} console")
        self.cells = [(cells[i], cells[i + 1]) for i in range(0, len(cells), 2)]

    def lines(self):
        text = "".join(chr(character) for character, _ in self.cells)
        return [text[i:i + self.columns].rstrip() for i in range(0, len(text), self.columns)]

    def text(self):
        return "\n".join(line for line in self.lines() if line)


def text_mismatch(picture, console):
    """Why this picture is not that console's, or None when every character of it is on the screen.

    Reads no font: a blank cell must be of one colour, any other must not be, and the same character in the same colours
    must look the same wherever it stands. A black screen, a desktop's picture or a console that was not redrawn
    does not pass. The cursor's cell blinks and is left out.
    """
    if console.columns * CELL_WIDTH > picture.width or console.rows * CELL_HEIGHT > picture.height:
        return f"a {picture.width}x{picture.height} picture cannot hold {console.columns}x{console.rows} characters"
    glyphs = {}
    for index, (character, attribute) in enumerate(console.cells):
        row, column = divmod(index, console.columns)
        if (column, row) == (console.cursor_x, console.cursor_y):
            continue
        drawn = picture.cell(row, column)
        blank = drawn == drawn[:3] * (CELL_WIDTH * CELL_HEIGHT)
        where = f"row {row}, column {column}"
        if blank != (character in (0, 32)):
            return f"{where}: the kernel has {chr(character)!r}, the screen shows {'nothing' if blank else 'something'}"
        if glyphs.setdefault((character, attribute), drawn) != drawn:
            return f"{where}: {chr(character)!r} looks different from the same character elsewhere"
    if not any(character not in (0, 32) for character, _ in glyphs):
        return "the console is empty"
    return None


def luma(pixel):
    return (299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2]) // 1000


# GNOME Shell's top bar: 2.2 em of an 11 pt font at 96 dpi come to 32 px with its padding; 24 are safely inside.
PANEL_HEIGHT = 24


def panel_mismatch(picture):
    """Why GNOME's top bar is not on this picture, or None when it is.

    The bar is dark over its whole width, has the clock in light pixels in its middle fifth and the system menu's
    symbols at its right end, and is not simply the whole picture: below it are other colours.
    """
    bar = picture.pixels(height=PANEL_HEIGHT)
    dark = sum(luma(pixel) < 70 for pixel in bar) / len(bar)
    if dark < 0.9:
        return f"only {dark:.0%} of the top {PANEL_HEIGHT} rows are dark"
    for name, left, right in (("clock", 0.4, 0.6), ("system menu", 0.85, 1.0)):
        x = int(picture.width * left)
        part = picture.pixels(left=x, width=int(picture.width * right) - x, height=PANEL_HEIGHT)
        light = sum(luma(pixel) > 140 for pixel in part)
        if not 12 <= light <= len(part) // 2:
            return f"{light} light pixels where the {name} should be"
    if len(picture.colours(top=PANEL_HEIGHT * 2)) < 8:
        return "nothing is drawn below the bar"
    return None


def plain_desktop_mismatch(picture, background):
    """Why this picture is not that of a plain desktop without windows, or None when it is.

    A bar stands at the top, with the time in light pixels in its right third; below it nearly all is the background's colour.
    """
    below = picture.colours(top=PANEL_HEIGHT * 2)
    share = below[background] / sum(below.values())
    if share < 0.95:
        return f"only {share:.0%} of what is below the bar has the background's colour {background}"
    left = picture.width * 2 // 3
    bar = picture.pixels(left=left, width=picture.width - left, height=PANEL_HEIGHT)
    if sum(pixel == background for pixel in bar) > len(bar) // 2:
        return "no bar at the top"
    light = sum(luma(pixel) > 140 for pixel in bar)
    if not 12 <= light <= len(bar) // 2:
        return f"{light} light pixels where the time should be"
    return None
