"""From delta features to phenotypes. Pure functions of tables."""
