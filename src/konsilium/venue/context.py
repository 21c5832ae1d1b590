"""What every page says of the present moment."""

from django.http import HttpRequest

from konsilium.foundation import clock
from konsilium.venue.queries import operations_on_air


def on_air(request: HttpRequest) -> dict[str, object]:
    """The operations on air, read only by pages that show them."""
    return {"on_air": lambda: operations_on_air(clock.now())}
