"""The compiled pool: machine code over plain records. It knows no units, no files and no objects.

Kernel functions carry no annotations: numba finds the types of records and numbers by itself, and mypy could check
nothing of what it finds. Files of kernels therefore begin with a comment that lets mypy pass over untyped functions and
calls, and over nothing else.
"""
