"""What a kernel function is: how it is compiled, and how it reads the records of a pool."""

from collections.abc import Callable
from typing import Any

import numba
from numba import config, int64
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from sim.core.compile_cache import cache_folder

Array = Any
"""A numpy array, or in drawing a column of them; its element type is whatever the caller's is."""

config.CACHE_DIR = str(cache_folder())


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a kernel function into the code of whoever calls it.

    A call would hand back its answer through memory, beside a status: requests take a quarter longer with calls than
    without.
    """
    return _compile(function, forceinline=True)


def apart(function: Callable[..., Any]) -> Any:
    """Compile a kernel function to code of its own, called from many places or rarely.

    The hot path must fit the processor's instruction cache: a rare path woven into its callers makes all others
    slower.
    """
    return _compile(function, forceinline=False)


def _compile(function: Callable[..., Any], forceinline: bool) -> Any:
    """Without the interpreter's lock, and without counting references.

    Kernels allocate nothing, so nothing needs counting; numba would count every array at every call.
    """
    return numba.njit(function, cache=True, nogil=True, error_model="numpy", forceinline=forceinline, _nrt=False)


def records_at(dtype: Any) -> Any:
    """An accessor `at(address, index)` to records of a dtype that lie one after the other in memory.

    A kernel function then takes one pointer to the pool, instead of an array of seven words for each of its tables,
    which made every call copy a kilobyte.
    """
    record, size = from_dtype(dtype), dtype.itemsize

    def at(_typing: Any, address: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            base, index = arguments
            return _point(builder, base, index, size, context.get_value_type(record))

        return record(address, index), generate

    return intrinsic(at)


def records_of(owner: Any, table: str, dtype: Any) -> Any:
    """An accessor `at(owner, index)` to the records of a table, whose address stands in a record of dtype `owner`.

    The address is loaded as one that nothing changes while a kernel runs; otherwise it would be read again after every
    write to any record, and with it all that is worked out from it.
    """
    record, size = from_dtype(dtype), dtype.itemsize
    offset = owner.fields[table][1]

    def at(_typing: Any, holder: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            holder, index = arguments
            word = context.get_value_type(int64)
            address = builder.add(builder.ptrtoint(holder, word), word(offset))
            base = builder.load(builder.inttoptr(address, word.as_pointer()))
            base.set_metadata("invariant.load", builder.module.add_metadata([]))
            return _point(builder, base, index, size, context.get_value_type(record))

        return record(holder, index), generate

    return intrinsic(at)


def _point(builder: Any, base: Any, index: Any, size: int, pointer: Any) -> Any:
    """A pointer to one of several records of a size."""
    if index.type.width < base.type.width:
        index = builder.sext(index, base.type)
    offset = builder.mul(index, base.type(size))
    return builder.inttoptr(builder.add(base, offset), pointer)
