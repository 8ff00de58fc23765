"""What scripts/db/secantusd.py puts in the place of SecantusDB's own parts answers as they do. Arguments: that file, a folder."""

import copy
import importlib.util
import sys
from datetime import datetime, timezone

import bson
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from secantus import ordering, sortkey, update
from secantus.storage import Storage
from wiredtiger import swig_wiredtiger
from wiredtiger.packing import pack, unpack

launcher, folder = sys.argv[1:]
spec = importlib.util.spec_from_file_location("launcher", launcher)
mended = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mended)
ranks = (ordering._bson_type_rank, sortkey._rank)
mended.SETTLING = 0.0
mended.mend()

KEYS = [
    ("SS", ("db", "coll")),
    ("SSq", ("db", "收件箱", -9000)),
    ("SSq", ("db", "", 1 << 40)),
    ("SSS", ("a\0b", "c", "d")),
    ("SSu", ("db", "coll", b"")),
    ("SSSu", ("db", "coll", "dueAt_1", b"\0\1\xff\0")),
    ("q", (8255,)),
    ("u", (b"\0abc",)),
    ("S", ("admin",)),
    ("Si", ("of another kind", 7)),
]
for form, values in KEYS:
    packed = pack(form, *values)
    for _ in range(2):
        assert swig_wiredtiger.pack(form, *values) == packed, form
        assert swig_wiredtiger.unpack(form, packed) == unpack(form, packed), form

KINDS = [None, True, 1, 1.5, Int64(2), Decimal128("3"), "s", Code("c"), {"a": 1}, [1], b"b", Binary(b"c", 4), ObjectId()]
KINDS += [datetime.now(timezone.utc), Timestamp(1, 2), Regex("r"), MinKey(), MaxKey(), object()]
for own, ours in zip(ranks, (ordering._bson_type_rank, sortkey._rank)):
    assert all(ours(kind) == own(kind) == ours(kind) for kind in KINDS)

document = {"list": [1, {"deep": [ObjectId()]}], "code": Code("c", {"x": [1]}), "at": datetime.now(timezone.utc)}
copied = update.copy.deepcopy(document)
assert copied == copy.deepcopy(document) == document
copied["list"][1]["deep"].append(2)
copied["code"].scope["x"].append(2)
assert document["list"][1]["deep"][1:] == [] and document["code"].scope == {"x": [1]}

for _ in range(2):
    assert update._validate_update_paths({"$set": {"a": 1, "b.c": 2}}) is None
    assert update._validate_update_paths({"$set": {"a": 1, "a.b": 2}}) == ("a.b", "a")
    assert update._validate_update_paths({"$rename": {"a": "b"}, "$set": {"c": 1}}) is None
    assert update._validate_update_paths({"$rename": {"a": "c"}, "$set": {"c": 1}}) == ("c", "c")

storage = Storage(folder, enable_oplog=False)


def indexes(coll="rows"):
    return [index["name"] for index in storage.list_indexes("db", coll)]


def found(filter):
    return [row["_id"] for row in storage.find_matching("db", "rows", filter)]


storage.insert("db", "rows", [{"_id": "a", "n": 1}, {"_id": "b", "n": 2}])
assert storage._coll_options("db", "rows") is not None and indexes() == ["_id_"]
storage.create_index("db", "rows", "n_1", {"n": 1})
assert indexes() == ["_id_", "n_1"] and found({"n": 2}) == ["b"]
storage.update_matching("db", "rows", {"_id": "b", "n": 2}, {"$set": {"n": [3, 4]}})
assert found({"n": 4}) == found({"_id": "b", "n": 3}) == ["b"]
assert found({"_id": "b", "n": 2}) == found({"_id": "a", "$or": [{"n": 2}]}) == []
assert found({"_id": "a", "$or": [{"n": 1}]}) == ["a"]
storage.drop_index("db", "rows", "n_1")
assert indexes() == ["_id_"]
storage.set_collection_options("db", "rows", validator={"n": 1})
assert storage.get_collection_options("db", "rows")["validator"] == {"n": 1}
storage.rename_collection("db", "rows", "db", "others")
assert indexes() == [] and indexes("others") == ["_id_"]
storage.drop_collection("db", "others")
assert storage._coll_options("db", "others") is None
storage.insert("db", "others", [{"_id": "a"}])
assert storage._coll_options("db", "others") is not None
storage.drop_database("db")
assert storage._coll_options("db", "others") is None
assert storage.get_profile("db")["level"] == 0
storage.set_profile("db", level=1)
assert storage.get_profile("db")["level"] == 1
storage.close()
print("the same")
