"""What kernel functions call: records by address and index, and the rules, compiled."""

from sim.serving import rules
from sim.serving.kernel.compiling import compiled, records_at
from sim.serving.kernel.layout import COUNT, ENTRY, HEADER, MINUTE, NODE, REPLICA, SHORT, VALUE, WHOLE
from sim.traces.rows import ROW

header_at = records_at(HEADER)
replica_at = records_at(REPLICA)
node_at = records_at(NODE)
entry_at = records_at(ENTRY)
row_at = records_at(ROW)
minute_at = records_at(MINUTE)
count_at = records_at(COUNT)
value_at = records_at(VALUE)
whole_at = records_at(WHOLE)
short_at = records_at(SHORT)

elapsed_s = compiled(rules.elapsed_s)
iterations_by = compiled(rules.iterations_by)
pairs = compiled(rules.pairs)
can_join = compiled(rules.can_join)
can_ever_run = compiled(rules.can_ever_run)
candidate = compiled(rules.candidate)
power_w = compiled(rules.power_w)
