"""Starts secantusd-py with its slowest habits mended (docs/decisions/0017). Every answer stays what it was.

SecantusDB 0.7.0b3 reads the list of a collection's indexes and its options anew a dozen times for one conditional update, and
decodes them each time. Here they are read once. Whatever may write them makes us forget them, and for a while afterwards they
are read as before: a thread whose view of the data is older may still see the former ones. What it works out by general rules
with every step (the bytes of a key, a copy of a document, which index finds an `_id`) has a short way for the usual case.
Another version of SecantusDB starts as it comes.
"""

import copy
import sys
import threading
import time
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from types import SimpleNamespace

from secantus.cli import main

KNOWN = "0.7.0b3"
# Seconds. Statements hold a view of the data for milliseconds.
SETTLING = 5.0
# Of what is remembered for good.
ROOM = 4096
# What writes them, and where it names the database; None: any of them.
WRITERS = {
    "create_collection": 1,
    "set_collection_options": 1,
    "_write_coll_options": 1,
    "create_index": 1,
    "drop_index": 1,
    "drop_all_indexes": 1,
    "set_index_expiry": 1,
    "set_index_options": 1,
    "set_profile": 1,
    "drop_collection": 1,
    "drop_database": 1,
    "rename_collection": None,
}


class Memory:
    """What was read, by kind, database and collection, as long as nobody writes to the database's catalogue."""

    def __init__(self):
        self.known = {}
        # Per database: how many are writing its catalogue, and when the last one ended.
        self.writing = {}
        self.settled = {}
        self.lock = threading.Lock()

    def begin(self, db):
        with self.lock:
            self.writing[db] = self.writing.get(db, 0) + 1

    def end(self, db):
        with self.lock:
            self.settled[db] = time.monotonic() + SETTLING
            for key in [key for key in self.known if db is None or key[2] == db]:
                del self.known[key]
            self.writing[db] -= 1

    def calm(self, db):
        now = time.monotonic()
        return not any(self.writing.get(name) or self.settled.get(name, 0) > now for name in (db, None))

    def read(self, kind, storage, db, coll, read):
        key = (kind, id(storage), db, coll)
        known = self.known.get(key)
        if known is None:
            was_calm = self.calm(db)
            known = read()
            # What isn't there may come at any moment.
            if known is not None:
                with self.lock:
                    if was_calm and self.calm(db):
                        self.known[key] = known
        return known


def remember():
    from secantus.server import SecantusDBServer
    from secantus.storage import Storage

    read_indexes = Storage._iter_indexes
    read_options = Storage._coll_options
    read_profile = Storage.get_profile
    read_address = SecantusDBServer.address.fget
    ensure = Storage._ensure_collection
    mark = Storage._maybe_mark_multikey
    memory = Memory()

    def in_transaction(storage):
        return getattr(storage._tls, "user_txn", None) is not None

    def indexes(self, db, coll):
        if in_transaction(self):
            return read_indexes(self, db, coll)
        return iter(memory.read("indexes", self, db, coll, lambda: list(read_indexes(self, db, coll))))

    def options(self, db, coll):
        if in_transaction(self):
            return read_options(self, db, coll)
        known = memory.read("options", self, db, coll, lambda: read_options(self, db, coll))
        return None if known is None else dict(known)

    def profile(self, db):
        return dict(memory.read("profile", self, db, "", lambda: read_profile(self, db)))

    def ensure_collection(self, db, coll):
        if options(self, db, coll) is None:
            during(db, ensure, self, db, coll)

    def during(db, method, *args, **kwargs):
        memory.begin(db)
        try:
            return method(*args, **kwargs)
        finally:
            memory.end(db)

    def writer(method, at):
        def write(self, *args, **kwargs):
            return during(args[at - 1] if at is not None and len(args) >= at else None, method, self, *args, **kwargs)

        return write

    def mark_multikey(self, db, coll, doc, indexes, already):
        before = len(already)
        marked = mark(self, db, coll, doc, indexes, already)
        if len(marked) > before:
            memory.begin(db)
            memory.end(db)
        return marked

    # A listening socket keeps its address.
    bound = {}

    def address(self):
        socket = self._socket
        if socket is None or bound.get("socket") is not socket:
            bound.update(address=read_address(self), socket=socket)
        return bound["address"]

    for name, at in WRITERS.items():
        setattr(Storage, name, writer(getattr(Storage, name), at))
    Storage._iter_indexes = indexes
    Storage._coll_options = options
    Storage._ensure_collection = ensure_collection
    Storage._maybe_mark_multikey = mark_multikey
    Storage.get_profile = profile
    SecantusDBServer.address = property(address)


def shapes():
    """Keys and values as WiredTiger has them: strings, then raw bytes or a number."""
    from wiredtiger import swig_wiredtiger as wt
    from wiredtiger.intpacking import pack_int, unpack_int

    pack, unpack = wt.pack, wt.unpack
    known = {"S" * strings + last: (strings, last) for strings in range(4) for last in ("", "u", "q")}

    @lru_cache(ROOM)
    def head(names):
        packed = b"".join(name.encode() + b"\0" for name in names)
        if packed.count(b"\0") != len(names):
            raise ValueError("a string ends at its first zero")
        return packed

    @lru_cache(ROOM)
    def name(packed):
        return packed.decode()

    def pack_key(form, *values):
        shape = known.get(form)
        if shape is None or shape[0] + len(shape[1]) != len(values):
            return pack(form, *values)
        strings, last = shape
        try:
            start = head(values[:strings])
        except (AttributeError, TypeError, ValueError):
            return pack(form, *values)
        if not last:
            return start
        if last == "q":
            return start + pack_int(values[strings])
        return start + values[strings] if type(values[strings]) is bytes else pack(form, *values)

    def unpack_key(form, packed):
        shape = known.get(form)
        if shape is None or type(packed) is not bytes:
            return unpack(form, packed)
        strings, last = shape
        parts = packed.split(b"\0", strings)
        if len(parts) != strings + 1:
            return unpack(form, packed)
        rest = parts.pop()
        values = [name(part) for part in parts]
        if last:
            values.append(rest if last == "u" else unpack_int(rest)[0])
        return values

    wt.pack, wt.unpack = pack_key, unpack_key


def copies():
    """Documents are trees of plain values."""
    from bson import Int64, ObjectId
    from secantus import projection, update

    plain = frozenset((str, int, float, bool, bytes, datetime, type(None), Int64, ObjectId))

    def copied(value):
        kind = type(value)
        if kind in plain:
            return value
        if kind is dict:
            return {key: inner if type(inner) in plain else copied(inner) for key, inner in value.items()}
        if kind is list:
            return [inner if type(inner) in plain else copied(inner) for inner in value]
        return copy.deepcopy(value)

    update.copy = projection.copy = SimpleNamespace(deepcopy=copied)


def once_per_kind():
    """What depends on a value's type, or on an update's paths, alone."""
    from secantus import ordering, sortkey, update

    def by_type(rank):
        ranks = {}

        def ranked(value):
            known = ranks.get(type(value))
            if known is None:
                known = ranks[type(value)] = rank(value)
            return known

        return ranked

    validate = update._validate_update_paths
    valid = set()

    def validate_paths(spec):
        # Of a renaming the values are paths, too.
        if "$rename" in spec or not all(type(paths) is dict for paths in spec.values()):
            return validate(spec)
        shape = tuple((operator, *paths) for operator, paths in spec.items())
        if shape in valid:
            return None
        problem = validate(spec)
        if problem is None and len(valid) < ROOM:
            valid.add(shape)
        return problem

    ordering._bson_type_rank = by_type(ordering._bson_type_rank)
    sortkey._rank = by_type(sortkey._rank)
    update._validate_update_paths = validate_paths


def short_ways():
    from secantus.storage import Storage

    find = Storage._try_index_id_keys
    begin = Storage._batch_transaction

    def by_id(self, db, coll, filter, *, collation=None):
        # One document at most, which whoever asked holds against the whole filter.
        if len(filter) > 1 and collation is None and type(filter.get("_id")) is str:
            filter = {"_id": filter["_id"]}
        return find(self, db, coll, filter, collation=collation)

    class Batch:
        """A session resets all of its cursors in one call; theirs resets one after the other."""

        def __init__(self, storage, sync):
            self.storage = storage
            self.inner = begin(storage, sync=sync)

        def __enter__(self):
            local = self.storage._tls
            if getattr(local, "user_txn", None) is not None:
                return self.inner.__enter__()
            self.storage._session().reset()
            cursors, local.cursors = local.cursors, {}
            try:
                return self.inner.__enter__()
            finally:
                local.cursors = cursors

        def __exit__(self, *raised):
            return self.inner.__exit__(*raised)

    def batch(self, *, sync=False):
        return Batch(self, sync)

    Storage._batch_transaction = batch
    Storage._try_index_id_keys = by_id


def mend():
    remember()
    shapes()
    copies()
    once_per_kind()
    short_ways()


if __name__ == "__main__":
    if version("SecantusDB") == KNOWN:
        try:
            mend()
        except (ImportError, AttributeError) as other:
            print(f"not the SecantusDB that was known, started as it comes: {other}", file=sys.stderr)
    sys.exit(main())
