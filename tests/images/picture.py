"""Reads a PNG of eight-bit RGB or RGBA, as the shell writes them, with the standard library alone."""
import struct
import zlib


class Picture:
    """width, height, and pixel(x, y) as an (r, g, b) triple. ValueError: not such a PNG."""

    def __init__(self, data):
        if data[:8] != b"\x89PNG\r\n\x1a\n":
            raise ValueError("not a PNG")
        self.width, self.height, depth, kind = struct.unpack(">IIBB", data[16:26])
        if depth != 8 or kind not in (2, 6) or data[28] != 0:
            raise ValueError(f"PNG of depth {depth}, type {kind}, interlace {data[28]} is not understood")
        self.channels = 3 if kind == 2 else 4
        self.rows = self._unfilter(zlib.decompress(b"".join(self._chunks(data, b"IDAT"))))

    @staticmethod
    def _chunks(data, wanted):
        position = 8
        while position < len(data):
            (length,) = struct.unpack(">I", data[position:position + 4])
            if data[position + 4:position + 8] == wanted:
                yield data[position + 8:position + 8 + length]
            position += length + 12

    def _unfilter(self, raw):
        stride, step = self.width * self.channels, self.channels
        rows, above = [], bytearray(stride)
        for y in range(self.height):
            kind = raw[y * (stride + 1)]
            row = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
            if kind == 1:
                for i in range(step, stride):
                    row[i] = (row[i] + row[i - step]) & 255
            elif kind == 2:
                row = bytearray((a + b) & 255 for a, b in zip(row, above))
            elif kind == 3:
                for i in range(stride):
                    left = row[i - step] if i >= step else 0
                    row[i] = (row[i] + (left + above[i]) // 2) & 255
            elif kind == 4:
                self._paeth(row, above, step)
            rows.append(row)
            above = row
        return rows

    @staticmethod
    def _paeth(row, above, step):
        for i, value in enumerate(row):
            left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
            up = above[i]
            guess = left + up - corner
            to_left, to_up, to_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
            best = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
            row[i] = (value + best) & 255

    def pixel(self, x, y):
        return tuple(self.rows[y][x * self.channels:x * self.channels + 3])

    def colours(self, every=7):
        """The distinct colours of a grid of pixels, `every` pixels apart."""
        return {self.pixel(x, y) for y in range(0, self.height, every) for x in range(0, self.width, every)}

    def difference(self, other, top=0, every=5):
        """The share (0 to 1) of a grid of pixels at or below row `top` that differ between the two pictures."""
        points = [(x, y) for y in range(top, self.height, every) for x in range(0, self.width, every)]
        return sum(self.pixel(x, y) != other.pixel(x, y) for x, y in points) / len(points)
