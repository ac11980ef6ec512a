curl -sf -o record.tlog-proof {log}record/RECORD.tlog-proof
python3 - <<'END'
import base64, hashlib
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import Checkpoint, InclusionProof
proof, note = open("record.tlog-proof").read().split("\n\n", 1)
kind, extra, index, *path = proof.splitlines()
told = base64.b64decode(extra.removeprefix("extra "))
leaf = hashlib.sha256(b"batong-leaf/1\0" + told).digest()
key = next(line.split()[1] for line in open("keys.txt") if line.startswith("log "))
head = Checkpoint.from_text(note)
head.verify(Vkey.from_string(key))
nodes = [base64.b64decode(each) for each in path]
InclusionProof(int(index.split()[1]), head.size, nodes).check(leaf_hash(leaf), head.root_hash)
print("OK", index, "of", head.size, told[32:].decode())
END
