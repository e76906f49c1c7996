"""From report.json to tables, figures and one HTML file."""
