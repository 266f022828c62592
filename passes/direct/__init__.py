"""Kernels of convolutions that sum little."""
