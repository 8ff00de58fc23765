"""Starts secantusd-py with the list of a collection's indexes remembered (docs/decisions/0017).

SecantusDB 0.7.0b3 reads that list anew a dozen times for one conditional update, and decodes it each time. Here it is read
once. Whatever may write it makes us forget it, and for a while afterwards it is read as before: a thread whose view of the
data is older may still see the former list. Another version of SecantusDB starts as it comes.
"""

import sys
import threading
import time
from importlib.metadata import version

from secantus.cli import main

KNOWN = "0.7.0b3"
# Seconds. Statements hold a view of the data for milliseconds.
SETTLING = 5.0
# What writes the list, and where it names the database; None: any of them.
WRITERS = {
    "create_index": 1,
    "drop_index": 1,
    "drop_all_indexes": 1,
    "set_index_expiry": 1,
    "set_index_options": 1,
    "drop_collection": 1,
    "drop_database": 1,
    "rename_collection": None,
}


def remember_indexes():
    from secantus.storage import Storage

    read = Storage._iter_indexes
    mark = Storage._maybe_mark_multikey
    remembered = {}
    # Per database: how many are writing its list, and when the last one ended.
    writing = {}
    settled = {}
    lock = threading.Lock()

    def begin(db):
        with lock:
            writing[db] = writing.get(db, 0) + 1

    def end(db):
        with lock:
            settled[db] = time.monotonic() + SETTLING
            for key in [key for key in remembered if db is None or key[1] == db]:
                del remembered[key]
            writing[db] -= 1

    def calm(db):
        now = time.monotonic()
        return not any(writing.get(name) or settled.get(name, 0) > now for name in (db, None))

    def indexes(self, db, coll):
        if getattr(self._tls, "user_txn", None) is not None:
            return read(self, db, coll)
        key = (id(self), db, coll)
        known = remembered.get(key)
        if known is None:
            was_calm = calm(db)
            known = list(read(self, db, coll))
            with lock:
                if was_calm and calm(db):
                    remembered[key] = known
        return iter(known)

    def writer(method, at):
        def write(self, *args, **kwargs):
            db = args[at - 1] if at is not None and len(args) >= at else None
            begin(db)
            try:
                return method(self, *args, **kwargs)
            finally:
                end(db)

        return write

    def mark_multikey(self, db, coll, doc, indexes, already):
        before = len(already)
        marked = mark(self, db, coll, doc, indexes, already)
        if len(marked) > before:
            begin(db)
            end(db)
        return marked

    Storage._iter_indexes = indexes
    Storage._maybe_mark_multikey = mark_multikey
    for name, at in WRITERS.items():
        setattr(Storage, name, writer(getattr(Storage, name), at))


if version("SecantusDB") == KNOWN:
    try:
        remember_indexes()
    except (ImportError, AttributeError) as other:
        print(f"not the SecantusDB that was known, started as it comes: {other}", file=sys.stderr)
sys.exit(main())
