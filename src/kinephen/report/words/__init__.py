"""Sentences that follow from results: one module a kind of result, one sentence for each outcome of it.

A sentence is chosen by what a number says and never bound to the number alone: each function covers a result
that is clear, unclear, absent, not decidable and undefined. Numbers are placeholders, which the caller points
at their places in the report.
"""
