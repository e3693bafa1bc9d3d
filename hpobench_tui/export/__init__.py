"""Analysis results to tables, figures and raw data for papers."""
