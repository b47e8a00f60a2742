"""One module per kind of work; each has `measure(place)`, which adds lines to the table."""
