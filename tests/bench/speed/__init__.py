"""Measures the speed of the five services beside rclone, nginx and vips: `../run` is the command.

`command.py` comes first, then `place.py` and `rows/`; `../README.md` says what is measured and how.
"""
