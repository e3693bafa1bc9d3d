"""Analysis results into files for papers: tables and figures."""
