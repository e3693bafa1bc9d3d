"""The app: what the store says, on screens, and a form for experiments. It never imports what workers need."""
