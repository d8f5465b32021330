"""Batches: the messages of a partition in their order, those of one batched type side by side together."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from shared.messaging.parking import RawMessage

MAX_EVENTS_PER_BATCH = 400  # messages that share a transaction at most
MAX_BATCH_BYTES = 128_000  # and their size: registers of about 1,500 learners


def cut_into_batches(
    messages: Iterable[RawMessage], known: Collection[str], batched: Collection[str], batch_size: int
) -> Iterator[Sequence[RawMessage]]:
    """Batches of at most `batch_size` messages: of one type that is `batched`, or a message alone.

    A message of a type that is not `known` has no effect and ends no batch.
    """
    batch: list[RawMessage] = []
    kinds: set[str] = set()
    size = 0
    for message in messages:
        weight, kind = len(message.payload or b""), {message.headers.get("ce_type", "")} & set(known)
        fits = len(batch) < batch_size and size + weight <= MAX_BATCH_BYTES
        if batch and not (fits and len(kinds | kind) <= 1 and (kinds | kind) <= set(batched)):
            yield batch
            batch, kinds, size = [], set(), 0
        batch.append(message)
        kinds |= kind
        size += weight
    if batch:
        yield batch
