"""Dialects of mypipeline: none yet. What it does, it does on the dialects of the compiler."""
