"""The demo: invented congresses, people who sign in with one click, and a simulated theatre."""

#: What stands in the demo's theatres; the first one's sound is what everybody hears.
FEEDS = {
    "endoscope": {"en": "Endoscope", "ru": "Эндоскоп", "kk": "Эндоскоп"},
    "overview": {"en": "Overview", "ru": "Общий план", "kk": "Жалпы көрініс"},
    "ultrasound": {"en": "Ultrasound", "ru": "УЗИ", "kk": "УДЗ"},
    "monitor": {"en": "Monitor", "ru": "Монитор", "kk": "Монитор"},
}

#: What runs as live: the drawn endoscope, as if somebody had recorded it a week ago.
FILM_TITLE = {
    "en": "Thoracoscopic thymectomy, recorded (drawn)",
    "ru": "Торакоскопическая тимэктомия, запись (рисованная)",
    "kk": "Торакоскопиялық тимэктомия, жазба (салынған)",
}
