"""Passes of mypipeline, one a file."""
