"""Networks that learn the Kähler potential, or the metric itself, of a quintic threefold."""
