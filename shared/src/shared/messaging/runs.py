"""Runs: the messages of a partition, in their order, those side by side that may be taken together."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from shared.messaging.parking import RawMessage

TOGETHER = 400  # messages that share a transaction at most
TOGETHER_BYTES = 128_000  # and what they may weigh: some 1,500 learners, in registers of a class each


def runs(
    messages: Iterable[RawMessage], known: Collection[str], together: Collection[str], most: int
) -> Iterator[Sequence[RawMessage]]:
    """Runs of at most so many messages: of one type that is taken `together`, or a message alone.

    A message of a type that is not `known` has no effect and parts none from its neighbours.
    """
    run: list[RawMessage] = []
    kinds: set[str] = set()
    size = 0
    for message in messages:
        weight, kind = len(message.payload or b""), {message.headers.get("ce_type", "")} & set(known)
        fits = len(run) < most and size + weight <= TOGETHER_BYTES
        if run and not (fits and len(kinds | kind) <= 1 and (kinds | kind) <= set(together)):
            yield run
            run, kinds, size = [], set(), 0
        run.append(message)
        kinds |= kind
        size += weight
    if run:
        yield run
