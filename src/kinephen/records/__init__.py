"""What a study found: one file a record, each quantity once.

A record is plain, typed and frozen. A step of `kinephen.study` fills it, the store keeps it as JSON, and
whatever is shown (report, exports, pages, terminal, model file) is formatted from it, never reckoned again.
"""
