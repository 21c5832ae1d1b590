from PIL import Image, ImageDraw

from konsilium.mediaplane.encoder.lettering import draw_text, label, width_of
from konsilium.mediaplane.encoder.slate import draw_lost, draw_stopped, slate_picture
from konsilium.mediaplane.simulation.scene import MARK


def test_every_letter_of_our_marks_can_be_drawn() -> None:
    for text in (MARK, "KONSILIUM"):
        image = Image.new("L", (1200, 120), 0)
        draw_text(ImageDraw.Draw(image), text=text, at=(10, 20), height=60, weight=8, fill=255)
        left, _, right, _ = image.getbbox() or (0, 0, 0, 0)
        assert left >= 5
        assert right - 10 <= width_of(text) * 60 + 8
        assert right > width_of(text) * 60 * 0.9


def test_a_label_is_opaque_where_it_is_written() -> None:
    image = label(text=MARK, height=38, ink=(255, 255, 255), ground=(20, 26, 32, 215))
    assert image.height == 38
    assert image.getpixel((image.width // 2, 4)) == (20, 26, 32, 215)
    assert image.getpixel((0, 0)) != (20, 26, 32, 215)


def test_the_two_slates_are_calm_and_differ() -> None:
    lost, stopped = slate_picture(draw_lost), slate_picture(draw_stopped)
    assert lost.size == stopped.size == (1280, 720)
    assert lost.tobytes() != stopped.tobytes()
    for picture in (lost, stopped):
        small = picture.convert("L").resize((1, 1), Image.Resampling.BOX)
        assert small.getpixel((0, 0)) < 50
