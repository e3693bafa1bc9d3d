"""What an experiment of very many runs costs beside its trials: constants, measured, and a model that they go into."""
