"""How the kernel is compiled: one decorator, no fastmath, a private cache keyed by the kernel's own sources.

numba keys its cache by the file of the outermost function only, and would serve stale code when an imported helper
changes; so the cache directory carries a digest of all kernel sources and of the versions of numba and llvmlite.
It would also optimise every helper, and make machine code of it, again at each level of calls above it; here helpers
wait for the entry points that call them.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.runtime.nrt import rtsys
from numba.core.typed_passes import NoPythonSupportedFeatureValidation
from numba.core.types import unliteral
from numba.extending import intrinsic

from forecast.caches import digest_of_sources, private_folder


def cache_directory() -> Path | None:
    """Return a private, writable directory for the code of this version of the kernel and of its compiler, or None."""
    versions = (numba.__version__, llvmlite.__version__, np.__version__, sys.version)
    return private_folder(f"kernel-{digest_of_sources(Path(__file__).parent, versions)}")


class HelperCode(JITCodeLibrary):
    """The code of a helper and of what it calls, linked but neither optimised nor made machine code."""

    def _optimize_final_module(self) -> None:
        """Leave it to the entry point that the code is linked into."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return no address: there is no machine code."""
        return 0

    @property
    def codegen(self) -> Any:
        """What takes the place of the code generator when numba asks it to note the address of an environment."""
        return self

    def set_env(self, name: str, environment: Any) -> None:
        """Note no address; an entry point that comes out of the cache has none for its helpers either."""


@register_pass(mutates_CFG=False, analysis_only=True)
class WriteHelperCode(FunctionPass):
    """Tells the lowering that follows where to put the code."""

    _name = "write_helper_code"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Give the function a library of our kind."""
        state.library = HelperCode(state.targetctx.codegen(), state.func_id.func_qualname)
        return False


# What helpers have no use for: closures, literals, array expressions, parts in object mode; each pass takes its time.
_IDLE = {
    "WithLifting", "InlineClosureLikes", "RewriteSemanticConstants", "DeadBranchPrune", "RewriteDynamicRaises",
    "MakeFunctionToJitFunction", "InlineInlinables", "FindLiterallyCalls", "LiteralUnroll",
    "LiteralPropagationSubPipelinePass", "InlineOverloads", "NopythonRewrites", "DumpParforDiagnostics",
}  # fmt: skip


class HelperCompiler(CompilerBase):
    """numba's own way of compiling, but for the library and for passes that would find nothing to do."""

    def define_pipelines(self) -> list[Any]:
        """Return the one pipeline there is."""
        every = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes = PassManager(every.pipeline_name)
        passes.passes = [one for one in every.passes if one[0].__name__ not in _IDLE]
        passes.add_pass_after(WriteHelperCode, NoPythonSupportedFeatureValidation)
        passes.finalize()
        return [passes]


class CompiledCode(FunctionCache):
    """numba's own cache of an entry point, but for what numba makes ready first: code that is there needs none of it.

    numba would import and register all that it knows of Python and NumPy, which takes longer than all our own imports;
    a compilation, where it comes to one, does so by itself.
    """

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the compiled code for the types of some arguments; None where there is none."""
        rtsys.initialize(context)  # what code of numba's calls to count references of arrays
        with self._guard_against_spurious_io_errors():
            return self._load_overload(signature, context)


class Undisturbed(event.Listener):
    """Lets no garbage be collected while something compiles: it would be looked for in all that numba holds, in vain."""

    def __init__(self) -> None:
        self.depth, self.collects = 0, False

    def on_start(self, event: Any) -> None:
        """Stop collecting where a compilation begins that is no part of another."""
        if self.depth == 0:
            self.collects = gc.isenabled()
            gc.disable()
        self.depth += 1

    def on_end(self, event: Any) -> None:
        """Go on collecting where it ends."""
        self.depth -= 1
        if self.depth == 0 and self.collects:
            gc.enable()


event.register("numba:compile", Undisturbed())
_DIRECTORY = cache_directory()
_njit: Any = numba.njit
_config: Any = numba.config
_ANY = {"nogil": True, "fastmath": False, "error_model": "numpy"}
_HELPER = {**_ANY, "no_cfunc_wrapper": True, "no_cpython_wrapper": True, "pipeline_class": HelperCompiler}
if _DIRECTORY is not None:
    _config.CACHE_DIR = str(_DIRECTORY)


def is_compiled(*entries: str) -> bool:
    """Tell whether the cache holds the code of these entry points, so that first calls are quick."""
    if _DIRECTORY is None:
        return False
    return all(any(_DIRECTORY.rglob(f"*.{entry}-*.nbc")) for entry in entries or ("simulate_blocks",))


def forget() -> None:
    """Throw the cached code away; used when it turns out to be damaged."""
    if _DIRECTORY is not None:
        for path in _DIRECTORY.rglob("*.nb[ci]"):
            path.unlink(missing_ok=True)


def _helper(function: Any, **options: Any) -> Any:
    """Compile a function for some types of arguments once: numba would do so for constants apart."""
    helper = _njit(**_HELPER, **options)(function)
    call_template = helper.get_call_template
    helper.get_call_template = lambda types, named: call_template([unliteral(one) for one in types], named)
    return helper


def row_function(function: Any) -> Any:
    """Compile a helper that only other kernel functions call: no Python entry, and no allocation inside."""
    return _helper(function, _nrt=False)


def vector_function(function: Any) -> Any:
    """Compile a few instructions on vectors, to be written into every caller: vectors stay in registers."""
    return _helper(function, _nrt=False, forceinline=True)


def inner_function(function: Any) -> Any:
    """Compile a helper that only other kernel functions call, and that may allocate scratch space."""
    return _helper(function)


def kernel_function(function: Any) -> Any:
    """Compile an entry point of the kernel and cache it, where a cache can be had."""
    compiled = _njit(**_ANY, no_cfunc_wrapper=True)(function)
    if _DIRECTORY is not None:
        compiled._cache = CompiledCode(function)
    return compiled


def instruction(function: Any) -> Any:
    """Make a function that writes LLVM instructions callable from compiled code."""
    return intrinsic(function)
