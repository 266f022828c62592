"""Convolutions by Winograd's minimal filtering: their matrices, their kernels, and where they pay."""
