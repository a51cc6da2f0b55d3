"""Tests of tools without files, threads or network of consequence."""
