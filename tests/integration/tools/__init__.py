"""Tests of tools on real files, databases and servers."""
