"""A chart of lines over time as SVG, written by hand: a title, two axes, and each line with its name."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 900, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 700, 50, 370
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933", "#882255", "#44aa99",
            "#332288")  # fmt: skip
_TICKS = 5

Line = Sequence[tuple[float, float]]


def chart(title: str, lines: Mapping[str, Line], *, across: str, up: str) -> str:
    """The lines from zero upwards; `across` and `up` name the axes with their units."""
    furthest = max((x for line in lines.values() for x, _ in line), default=1.0) or 1.0
    highest = max((y for line in lines.values() for _, y in line), default=1.0) * 1.1 or 1.0

    def place(x: float, y: float) -> str:
        across_pixels = _LEFT + x / furthest * (_RIGHT - _LEFT)
        return f"{across_pixels:.1f},{_BOTTOM - y / highest * (_BOTTOM - _TOP):.1f}"

    drawn = [
        _text(_LEFT, 25, title, size=16),
        _text(_LEFT, 42, up),
        _text(_RIGHT, _HEIGHT - 8, across, "end"),
    ]
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        x, y = _LEFT + share * (_RIGHT - _LEFT), _BOTTOM - share * (_BOTTOM - _TOP)
        drawn += [
            f'<path d="M{_LEFT},{y:.1f}H{_RIGHT}" stroke="#ddd"/>',
            _text(_LEFT - 6, y + 4, f"{share * highest:.0f}", "end"),
            _text(x, _BOTTOM + 18, f"{share * furthest:.0f}", "middle"),
        ]
    by_height = sorted(lines.items(), key=lambda named: -named[1][-1][1] if named[1] else 0.0)
    for number, (name, line) in enumerate(by_height):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(place(x, y) for x, y in line)
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        drawn.append(_text(_RIGHT + 12, _TOP + 10 + number * 18, name, colour=colour))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 12, colour: str = "#333") -> str:
    style = f'font-family="sans-serif" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
