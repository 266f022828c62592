"""The native library ``libireekit.so`` and, later, IREE's plugin built from it.

``native/`` holds its sources; :mod:`ireekit.bindings.native` loads it.
"""
