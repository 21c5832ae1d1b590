from django.http import HttpRequest


def on_air(request: HttpRequest) -> dict[str, object]:
    return {}
