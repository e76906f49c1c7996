"""Planted faults: does any test notice when the code of a joint is changed?"""
