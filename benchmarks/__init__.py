"""Measures of Milepost beside its peers, made by `make bench`."""
