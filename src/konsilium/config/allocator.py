"""How the C library keeps what Python gives back.

A server of pictures holds some hundred kilobytes for a second or for a minute, all day long. glibc takes buffers
of that size from its heap as soon as it has seen one of them freed; between what stays they leave holes that
never go back to the system, some 70 MB an hour for four feeds (`./konsilium bench soak`).
"""

import ctypes
from typing import Final

#: mallopt(3): what is larger is mapped by itself, and goes back when it is freed. Setting it stops glibc from
#: raising it up to 32 MB.
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
THRESHOLD: Final = 65_536
#: Worker threads would keep a heap each.
ARENAS: Final = 2


def give_memory_back() -> bool:
    """For this process, from now on; False where the C library has no such setting."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(
        mallopt(name, value) == 1 for name, value in ((M_MMAP_THRESHOLD, THRESHOLD), (M_ARENA_MAX, ARENAS))
    )
