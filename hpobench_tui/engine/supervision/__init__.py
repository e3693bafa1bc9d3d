"""The supervisor's process: it hands runs to workers and alone writes the store."""
