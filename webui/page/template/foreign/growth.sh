test -f earlier || cp checkpoint earlier
curl -sf -o later {log}log/checkpoint
python3 - <<'END'
import pymerkle
from tlog_scales.backend import make_backend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint
key = next(line.split()[1] for line in open("keys.txt") if line.startswith("log "))
old, new = (Checkpoint.from_text(open(name).read()) for name in ("earlier", "later"))
for head in (old, new):
    head.verify(Vkey.from_string(key))
log = TilesReader(make_backend("{log}log"))
log.set_size(new.size)
log.get_consistency_proof(old.size, new.size).check(old.root_hash, new.root_hash)
tree = pymerkle.InmemoryTree(algorithm="sha256")
tree.append_entries([log.get_entry(index) for index in range(new.size)])
assert tree.get_root(old.size) == old.root_hash and tree.get_root() == new.root_hash
print("OK", old.size, "->", new.size)
END
