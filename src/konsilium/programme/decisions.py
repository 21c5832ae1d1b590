"""What is decided about a programme without looking at the database or the clock."""

#: A day: no slot is longer, so whatever is on now started at most this long ago.
LONGEST_SLOT_MINUTES = 24 * 60
