"""The HTTP service.

One process speaks HTTP and never waits for a network: it imports no torch (`app`, `gate`, `pool`, `jobs`). Workers hold
the bundles and do everything from a file's bytes to a file's bytes (`worker`, `model`). They talk in lines of JSON over
pipes; images go through files in a spool folder.
"""
