"""A finished run in the forms that other tools and archives take; none holds an identifier of a patient."""
