"""What kernel functions call: the records of a pool's tables by index, and the rules, compiled."""

from sim.core.compiling import compiled, records_at, records_of
from sim.serving.compiled.layout import COUNT, ENTRY, HEADER, MINUTE, NODE, REPLICA, SHORT, VALUE, WHOLE
from sim.serving.engine import rules
from sim.traces.requests import ROW

header_at = records_at(HEADER)
entry_at = records_at(ENTRY)

replica_at = records_of(HEADER, "replicas", REPLICA)
node_at = records_of(HEADER, "nodes", NODE)
row_at = records_of(HEADER, "rows", ROW)
minute_at = records_of(HEADER, "minutes", MINUTE)

base_s_at = records_of(HEADER, "base_s", VALUE)
decode_above_idle_w_at = records_of(HEADER, "decode_above_idle_w", VALUE)
patience_at = records_of(HEADER, "patience_s", VALUE)

bin_at = records_of(HEADER, "bins", COUNT)
ticks_at = records_of(HEADER, "ticks", COUNT)
maximum_at = records_of(HEADER, "maxima", VALUE)
outcome_at = records_of(HEADER, "outcomes", COUNT)
tokens_at = records_of(HEADER, "tokens", COUNT)

arrival_at = records_of(HEADER, "arrival_s", VALUE)
use_case_at = records_of(HEADER, "use_case", SHORT)
prompt_tokens_at = records_of(HEADER, "prompt_tokens", WHOLE)
output_tokens_at = records_of(HEADER, "output_tokens", WHOLE)
cached_tokens_at = records_of(HEADER, "cached_tokens", WHOLE)

elapsed_s = compiled(rules.elapsed_s)
iterations_by = compiled(rules.iterations_by)
pairs = compiled(rules.pairs)
can_join = compiled(rules.can_join)
can_ever_run = compiled(rules.can_ever_run)
candidate = compiled(rules.candidate)
