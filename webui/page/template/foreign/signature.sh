curl -sf -O {log}log/checkpoint -O {log}keys.txt
python3 - <<'END'
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tlog import Checkpoint
rows = [line.split() for line in open("keys.txt") if line.startswith(("log ", "witness "))]
log = Vkey.from_string(rows[0][-1])
witnesses = VkeySet(*[Vkey.from_string(row[-1]) for row in rows[1:]])
head = Checkpoint.from_text(open("checkpoint").read())
head.verify(log)
cosigned = witnesses.verify(head.signatures, head)
print("OK", head.size, "leaves,", len(cosigned), "witnesses")
END
