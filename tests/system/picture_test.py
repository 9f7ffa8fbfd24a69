#!/usr/bin/env python3
"""The eyes of the system tests, tested: they must see what is there, and must not see what is not."""
import os
import struct
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from picture import CELL_HEIGHT, CELL_WIDTH, Console, Picture, panel_mismatch, plain_desktop_mismatch, text_mismatch  # noqa: E402
from qmp import keys_for  # noqa: E402

BLACK, WHITE, BLUE = (0, 0, 0), (255, 255, 255), (30, 80, 120)


class Canvas:
    """A picture to draw on."""

    def __init__(self, width, height, colour=BLACK):
        self.width, self.height = width, height
        self.data = bytearray(bytes(colour) * (width * height))

    def fill(self, left, top, width, height, colour):
        for y in range(top, top + height):
            start = (y * self.width + left) * 3
            self.data[start:start + width * 3] = bytes(colour) * width

    def picture(self):
        return Picture(self.width, self.height, bytes(self.data))


def desktop():
    """A sketch of GNOME's screen: a black bar with a clock and symbols, a colourful picture below."""
    canvas = Canvas(800, 600, BLUE)
    for step in range(16):
        canvas.fill(step * 50, 100, 50, 400, (30 + step * 8, 80, 120))
    canvas.fill(0, 0, 800, 30, BLACK)
    canvas.fill(380, 10, 40, 6, WHITE)
    canvas.fill(750, 10, 30, 6, WHITE)
    return canvas


COLUMNS, ROWS = 20, 4


def console_of(text, cursor=(19, 3)):
    cells = b"".join(bytes([ord(character), 7]) for character in text.ljust(COLUMNS * ROWS))
    return Console(bytes([ROWS, COLUMNS, *cursor]) + cells)


def drawn(text):
    """The console as a screen would show it, each character with a pattern of its own for a glyph."""
    canvas = Canvas(COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT)
    for index, character in enumerate(text):
        row, column = divmod(index, COLUMNS)
        for bit in range(8):
            if character != " " and ord(character) >> bit & 1:
                canvas.fill(column * CELL_WIDTH, row * CELL_HEIGHT + 2 * bit, CELL_WIDTH - 1, 1, WHITE)
    return canvas


class PictureFiles(unittest.TestCase):
    def test_a_ppm_is_read_pixel_by_pixel(self):
        picture = Picture.from_ppm(b"P6\n2 1\n255\n\x01\x02\x03\x0a\x0b\x0c")
        self.assertEqual([(1, 2, 3), (10, 11, 12)], picture.pixels())

    def test_a_ppm_whose_pixels_look_like_white_space_is_read_right(self):
        self.assertEqual([(10, 10, 10)], Picture.from_ppm(b"P6\n1 1\n255\n\n\n\n").pixels())

    def test_a_ppm_that_is_cut_short_is_refused(self):
        with self.assertRaises(ValueError):
            Picture.from_ppm(b"P6\n2 2\n255\n\x01\x02\x03")

    def test_a_file_that_is_no_ppm_is_refused(self):
        with self.assertRaises(ValueError):
            Picture.from_ppm(b"\x89PNG\r\n\x1a\n")

    def test_a_saved_png_holds_the_same_pixels(self):
        picture = desktop().picture()
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            picture.save_png(file.name)
            png = file.read()
        self.assertEqual(b"\x89PNG\r\n\x1a\n", png[:8])
        self.assertEqual((800, 600, 8, 2), struct.unpack(">IIBB", png[16:26]))
        start = png.index(b"IDAT")
        length, = struct.unpack(">I", png[start - 4:start])
        rows = zlib.decompress(png[start + 4:start + 4 + length])
        stride = 1 + 800 * 3
        self.assertEqual(picture.data, b"".join(rows[y * stride + 1:(y + 1) * stride] for y in range(600)))

    def test_one_colour_is_blank_and_one_other_pixel_is_not(self):
        canvas = Canvas(64, 64)
        self.assertTrue(canvas.picture().is_blank())
        canvas.fill(63, 63, 1, 1, WHITE)
        self.assertFalse(canvas.picture().is_blank())


class Panel(unittest.TestCase):
    def test_a_desktop_with_its_bar_is_recognised(self):
        self.assertIsNone(panel_mismatch(desktop().picture()))

    def test_a_black_screen_has_no_bar(self):
        self.assertIn("clock", panel_mismatch(Canvas(800, 600).picture()))

    def test_a_bar_without_a_clock_is_not_taken(self):
        canvas = desktop()
        canvas.fill(300, 0, 200, 30, BLACK)
        self.assertIn("clock", panel_mismatch(canvas.picture()))

    def test_a_bar_without_a_system_menu_is_not_taken(self):
        canvas = desktop()
        canvas.fill(700, 0, 100, 30, BLACK)
        self.assertIn("system menu", panel_mismatch(canvas.picture()))

    def test_a_bar_over_half_the_width_is_not_taken(self):
        canvas = desktop()
        canvas.fill(0, 0, 200, 30, BLUE)
        canvas.fill(200, 0, 100, 30, WHITE)
        self.assertIn("dark", panel_mismatch(canvas.picture()))

    def test_a_bar_over_nothing_is_not_taken(self):
        canvas = desktop()
        canvas.fill(0, 30, 800, 570, BLUE)
        self.assertIn("below", panel_mismatch(canvas.picture()))

    def test_a_text_console_is_no_desktop(self):
        self.assertIsNotNone(panel_mismatch(drawn("berthpc login: ").picture()))


class PlainDesktop(unittest.TestCase):
    @staticmethod
    def plain():
        canvas = Canvas(800, 600)
        canvas.fill(0, 0, 800, 600, BLUE)
        canvas.fill(0, 0, 800, 30, BLACK)
        canvas.fill(700, 8, 60, 10, WHITE)
        return canvas

    def test_a_bar_with_the_time_over_the_background_is_recognised(self):
        self.assertIsNone(plain_desktop_mismatch(self.plain().picture(), BLUE))

    def test_another_background_is_not_taken(self):
        self.assertIn("background", plain_desktop_mismatch(self.plain().picture(), WHITE))

    def test_a_window_over_the_background_is_not_taken(self):
        canvas = self.plain()
        canvas.fill(200, 200, 300, 200, BLACK)
        self.assertIn("background", plain_desktop_mismatch(canvas.picture(), BLUE))

    def test_a_background_without_a_bar_is_not_taken(self):
        canvas = self.plain()
        canvas.fill(0, 0, 800, 30, BLUE)
        self.assertIn("no bar", plain_desktop_mismatch(canvas.picture(), BLUE))

    def test_a_bar_without_the_time_is_not_taken(self):
        canvas = self.plain()
        canvas.fill(700, 0, 100, 30, BLACK)
        self.assertIn("time", plain_desktop_mismatch(canvas.picture(), BLUE))

    def test_a_text_console_is_no_desktop(self):
        self.assertIsNotNone(plain_desktop_mismatch(drawn("berthpc login: ").picture(), BLUE))


class TextConsole(unittest.TestCase):
    def test_a_console_that_is_drawn_is_recognised(self):
        self.assertIsNone(text_mismatch(drawn("berthpc login: root").picture(), console_of("berthpc login: root")))

    def test_a_black_screen_is_not_the_console(self):
        picture = Canvas(COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT).picture()
        self.assertIn("shows nothing", text_mismatch(picture, console_of("berthpc login: ")))

    def test_a_character_that_is_not_drawn_yet_is_noticed(self):
        self.assertIn("column 15", text_mismatch(drawn("berthpc login:").picture(), console_of("berthpc login: x")))

    def test_a_character_that_should_be_gone_is_noticed(self):
        self.assertIn("shows something", text_mismatch(drawn("login: x").picture(), console_of("login:")))

    def test_another_text_of_the_same_shape_is_noticed(self):
        self.assertIn("different", text_mismatch(drawn("aba").picture(), console_of("aaa")))

    def test_the_cursors_cell_may_be_drawn_or_not(self):
        canvas = drawn("login:")
        canvas.fill(7 * CELL_WIDTH, CELL_HEIGHT - 2, CELL_WIDTH, 2, WHITE)
        self.assertIsNone(text_mismatch(canvas.picture(), console_of("login:", cursor=(7, 0))))
        self.assertIsNotNone(text_mismatch(canvas.picture(), console_of("login:")))

    def test_a_desktop_is_no_console(self):
        self.assertIsNotNone(text_mismatch(desktop().picture(), console_of("login:")))

    def test_an_empty_console_proves_nothing(self):
        picture = Canvas(COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT).picture()
        self.assertIn("empty", text_mismatch(picture, console_of("")))

    def test_a_picture_too_small_for_the_console_is_refused(self):
        self.assertIn("cannot hold", text_mismatch(Canvas(80, 16).picture(), console_of("x")))

    def test_the_text_is_read_line_by_line(self):
        self.assertEqual(["one", "two", "", ""], console_of("one".ljust(COLUMNS) + "two").lines())


class Keys(unittest.TestCase):
    def test_characters_are_typed_as_a_us_keyboard_has_them(self):
        for character, chord in (("a", ["a"]), ("A", ["shift", "a"]), ("7", ["7"]), ("&", ["shift", "7"]), ("\n", ["ret"]),
                                 ("_", ["shift", "minus"]), (" ", ["spc"]), ("/", ["slash"])):
            with self.subTest(character):
                self.assertEqual(chord, keys_for(character))

    def test_a_character_without_a_key_is_refused(self):
        with self.assertRaises(ValueError):
            keys_for("ß")


if __name__ == "__main__":
    unittest.main(verbosity=2)
