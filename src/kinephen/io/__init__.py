"""Reading and writing: the only room where files are opened."""
