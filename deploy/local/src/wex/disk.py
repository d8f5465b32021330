"""Room on the disk: the usual reason why a start fails on a machine where nothing else is wrong."""

import shutil
from pathlib import Path


def shortage(megabytes: int, *folders: Path) -> str:
    """A line to add to an error for each folder whose disk has less than this free; else nothing."""
    lines = []
    for folder in folders:
        free = shutil.disk_usage(_existing(folder)).free
        if free < megabytes * 1_000_000:
            lines.append(
                f"The disk of {folder} is full: {free / 1e6:.0f} MB are free, {megabytes} MB are needed. "
                "Make room and start again."
            )
    return "\n".join(dict.fromkeys(lines))


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())
