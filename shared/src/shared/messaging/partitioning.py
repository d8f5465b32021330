"""Which partition a key goes to: Kafka's own hash (murmur2), so that every producer agrees."""

from struct import unpack_from

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_32_BITS = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as the clients' own partitioner chooses it (aiokafka's takes twice as long)."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(key: bytes) -> int:
    words, rest = divmod(len(key), 4)
    value = _SEED ^ len(key)
    for word in unpack_from(f"<{words}I", key):
        mixed = word * _MIX & _32_BITS
        mixed = (mixed ^ (mixed >> 24)) * _MIX & _32_BITS
        value = (value * _MIX & _32_BITS) ^ mixed
    if rest:
        value = (value ^ int.from_bytes(key[-rest:], "little")) * _MIX & _32_BITS
    value = (value ^ (value >> 13)) * _MIX & _32_BITS
    return value ^ (value >> 15)
