"""The demo: invented congresses, people who sign in with one click, and a simulated theatre."""

#: What stands in the demo's theatres; the first one's sound is what everybody hears.
FEEDS = {
    "endoscope": {"en": "Endoscope", "ru": "Эндоскоп", "kk": "Эндоскоп"},
    "overview": {"en": "Overview", "ru": "Общий план", "kk": "Жалпы көрініс"},
}
