"""The stateless random numbers."""

from hpobench_suites import noise


def test_splitmix64_gives_its_published_outputs():
    """The first outputs for the seed 1234567, as in the test vectors in circulation for the reference C code."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [noise.splitmix64(1234567, k) for k in range(4)] == expected


def test_uniform_never_reaches_its_ends(monkeypatch):
    for bits in (0, 2**64 - 1):
        monkeypatch.setattr(noise, "splitmix64", lambda seed, index, bits=bits: bits)
        assert 0.0 < noise.uniform(0, 0) < 1.0
