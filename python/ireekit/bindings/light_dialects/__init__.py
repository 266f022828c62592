"""Modules of dialects for the bindings to find, in place of those that take long to import.

Only what belongs to operations is in them. Who imports the module of a dialect by its own name gets all of it.
"""
