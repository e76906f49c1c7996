"""The article against what can be computed: its claims, our values, and a verdict on each."""
