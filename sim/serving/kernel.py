"""The compiled replica: decide what runs next, leap to its end, commit it."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from math import inf

from sim.serving.compiling import compiled
from sim.serving.layout import NOBODY, SCALES
from sim.serving.leaps import (
    FINISHED,
    IDLE,
    admit,
    decodes_from_now,
    dequeue,
    drop_impatient,
    drop_stale_top,
    elapsed_s,
    finish,
    free_node,
    head_fits,
    is_stale,
    iterations_by,
    link,
    pairs,
    pop,
    preempt,
    record,
    server_of,
    table,
)
from sim.serving.rules import CONTINUOUS, DECODE, ON_DEMAND, PREFILL, STATIC

SCALE_S, SCALE_BATCH, SCALE_J = SCALES[0], SCALES[2], SCALES[3]


# --- accounts of time and energy ----------------------------------------------------------------------------------------


@compiled
def settle(pool, r, now_s):
    """Count the time and energy of the run under way up to now."""
    replica = pool.replicas[r]
    spent_s = now_s - replica.settled_s
    replica.settled_s = now_s
    if replica.phase == PREFILL:
        replica.prefill_s += spent_s
    else:
        replica.decode_s += spent_s
    replica.batch_s += spent_s * replica.batch
    replica.joules += spent_s * replica.watts


@compiled
def count_tokens(pool, r, iterations):
    """Count the tokens of a decode run up to an iteration; a static batch counts them when it returns."""
    replica = pool.replicas[r]
    if pool.limits[0].policy != STATIC:
        replica.output_tokens += replica.decoding * (iterations - replica.counted)
    replica.counted = iterations


@compiled
def mark(pool, now_s):
    """A minute ends: settle every replica, add its work to the pool's minute, begin the next. All are at `now_s`."""
    for r in range(pool.replicas.size):
        replica = pool.replicas[r]
        if replica.phase != IDLE:
            settle(pool, r, now_s)
            if replica.phase == DECODE:
                count_tokens(pool, r, iterations_now(pool, r, now_s))
        flush_minute(pool, r)
    pool.state[0].minute = min(pool.state[0].minute + 1, pool.minutes.shape[0] - 1)


@compiled
def flush_minute(pool, r):
    """Move a replica's work of the minute into the pool's sums, as integers."""
    replica, minute = pool.replicas[r], pool.minutes[pool.state[0].minute]
    minute[0] += round(replica.prefill_s * SCALE_S)
    minute[1] += round(replica.decode_s * SCALE_S)
    minute[2] += round(replica.batch_s * SCALE_BATCH)
    minute[3] += round(replica.joules * SCALE_J)
    minute[4] += replica.prompt_tokens
    minute[5] += replica.output_tokens
    replica.prefill_s = replica.decode_s = replica.batch_s = replica.joules = 0.0
    replica.prompt_tokens = replica.output_tokens = 0


@compiled
def iterations_now(pool, r, now_s):
    """Iterations of the present decode run that have ended by now."""
    replica = pool.replicas[r]
    count = iterations_by(replica.first_s, replica.growth_s, now_s - replica.run_start_s, replica.done)
    while count > replica.done and boundary_s(replica, count) > now_s:
        count -= 1
    while boundary_s(replica, count + 1) <= now_s:
        count += 1
    return count


@compiled
def boundary_s(replica, iterations):
    """When an iteration of the present run ends."""
    return replica.run_start_s + elapsed_s(replica.first_s, replica.growth_s, iterations)


# --- decisions ------------------------------------------------------------------------------------------------------------


@compiled
def decide(pool, r):
    """Begin what runs next at the replica's clock; False when there is nothing to run (yet)."""
    replica, limits = pool.replicas[r], pool.limits[0]
    now_s = replica.clock_s
    if replica.batch == 0 or limits.policy != STATIC:
        drop_impatient(pool, r, now_s)
    if limits.policy == STATIC:
        return decide_static(pool, r, now_s)
    if limits.admission == ON_DEMAND:
        while replica.held + replica.decoding > limits.room:
            preempt(pool, r)
    if limits.policy == CONTINUOUS:
        if head_fits(pool, r, now_s):
            begin_prompts(pool, r, now_s)
            return True
    elif begin_chunks(pool, r, now_s):
        return True
    if replica.decoding > 0:
        begin_decode(pool, r, now_s)
        return True
    replica.clock_s = inf
    return False


@compiled
def begin_prompts(pool, r, now_s):
    """Prefill first: whole prompts up to the token limit, a single longer one alone."""
    replica, limits = pool.replicas[r], pool.limits[0]
    tokens, attention, joining = 0, 0.0, 0
    while head_fits(pool, r, now_s):
        head = pool.nodes[replica.head]
        goal = head.prompt + head.made
        if joining > 0 and tokens + goal > limits.max_batched_tokens:
            break
        admit(pool, r, now_s)
        tokens += goal
        attention += pairs(0, goal)
        joining += 1
    replica.joining, replica.chunk, replica.prefill_tokens = joining, 0, tokens
    begin_prefill(pool, r, now_s, tokens, 0, attention)


@compiled
def begin_chunks(pool, r, now_s):
    """Decode first, prefill in what is left of the budget: the half-filled prompt, then new ones."""
    replica, limits = pool.replicas[r], pool.limits[0]
    left = limits.max_batched_tokens - replica.decoding
    tokens, attention, joining, chunk = 0, 0.0, 0, 0
    n = replica.newest if replica.batch > replica.decoding else NOBODY
    while left > 0:
        if n == NOBODY:
            if not head_fits(pool, r, now_s):
                break
            n = admit(pool, r, now_s)
        node = pool.nodes[n]
        count = min(left, node.goal - node.filled)
        attention += pairs(node.filled, count)
        tokens, left, joining = tokens + count, left - count, joining + 1
        chunk = count if node.filled + count < node.goal else 0
        n = NOBODY
    if joining == 0:
        return False
    replica.joining, replica.chunk, replica.prefill_tokens = joining, chunk, tokens
    beside = replica.decoding
    begin_prefill(pool, r, now_s, tokens + beside, replica.context + beside if beside > 0 else 0, attention)
    return True


@compiled
def begin_prefill(pool, r, now_s, tokens, kv, attention):
    """An iteration with prefill work: a run of one."""
    replica, limits = pool.replicas[r], pool.limits[0]
    work_s = table(pool.base_s, tokens) + limits.kv_s * kv + limits.attention_s * attention
    replica.in_run = 0
    replica.phase = PREFILL
    replica.settled_s = now_s
    replica.change_s = now_s + work_s / replica.speed
    replica.watts = limits.prefill_w * replica.speed


@compiled
def begin_decode(pool, r, now_s):
    """Go on with the present run, or begin a new one if batch or speed have changed; find where it must stop."""
    replica, limits = pool.replicas[r], pool.limits[0]
    if replica.in_run == 0 or replica.run_speed != replica.speed:
        new_run(pool, r, now_s)
    drop_stale_top(pool, r)
    more = pool.heaps[r][0].ends_at - replica.iteration
    if limits.admission == ON_DEMAND:
        more = min(more, (limits.room - replica.held) // replica.decoding)
    replica.target = replica.done + more
    if replica.head != NOBODY and limits.impatient == 1:
        stop_at_patience(pool, r)
    replica.phase = DECODE
    replica.settled_s = now_s
    replica.change_s = boundary_s(replica, replica.target)


@compiled
def new_run(pool, r, now_s):
    """Start the clock of a run at a changed batch."""
    replica, limits, batch = pool.replicas[r], pool.limits[0], pool.replicas[r].decoding
    replica.run_start_s, replica.run_speed, replica.in_run = now_s, replica.speed, 1
    replica.first_s = (table(pool.base_s, batch) + limits.kv_s * (replica.context + batch)) / replica.speed
    replica.growth_s = 0.5 * limits.kv_s * batch / replica.speed
    replica.done = replica.counted = 0
    replica.watts = table(pool.decode_w, batch) * replica.speed


@compiled
def stop_at_patience(pool, r):
    """Stop at the first boundary at which the head of the queue is found gone."""
    replica, head = pool.replicas[r], pool.nodes[pool.replicas[r].head]
    patience_s = pool.patience_s[head.use_case]
    if head.made > 0 or patience_s == inf:
        return
    count = max(replica.done + 1, iterations_now(pool, r, head.queued_s + patience_s))
    while count > replica.done + 1 and boundary_s(replica, count - 1) - head.queued_s > patience_s:
        count -= 1
    while not boundary_s(replica, count) - head.queued_s > patience_s:
        count += 1
    replica.target = min(replica.target, count)


@compiled
def stop_soon(pool, r, now_s):
    """Something new may change the batch: end a decode run at its first boundary from now on."""
    replica = pool.replicas[r]
    if replica.phase != DECODE:
        return
    count = iterations_now(pool, r, now_s)
    if count == replica.done or boundary_s(replica, count) < now_s:
        count += 1
    if count < replica.target:
        replica.target = count
        replica.change_s = boundary_s(replica, count)


# --- static batches -----------------------------------------------------------------------------------------------------


@compiled
def decide_static(pool, r, now_s):
    """A batch under way decodes to its longest answer; else form one when it is full or its head has waited enough."""
    replica, limits = pool.replicas[r], pool.limits[0]
    if replica.batch > 0:
        begin_static_decode(pool, r, now_s)
        return True
    if replica.head == NOBODY:
        replica.clock_s = inf
        return False
    alarm_s = pool.nodes[replica.head].queued_s + limits.wait_s
    if replica.queued < limits.max_requests and now_s < alarm_s:
        replica.clock_s = alarm_s
        return False
    form_static(pool, r, now_s)
    return True


@compiled
def form_static(pool, r, now_s):
    """Pad a batch to its longest prompt and answer, as far as limits and KV cache allow, and prefill it."""
    replica, limits = pool.replicas[r], pool.limits[0]
    size, prompt, answer, tokens = 0, 0, 0, 0
    while size < limits.max_requests:
        drop_impatient(pool, r, now_s)
        if replica.head == NOBODY:
            break
        head = pool.nodes[replica.head]
        longest, longest_answer = max(prompt, head.prompt), max(answer, head.output)
        fits = (size + 1) * (longest + longest_answer) <= limits.room
        if size > 0 and not (fits and (size + 1) * longest <= limits.max_batched_tokens):
            break
        n = dequeue(pool, r)
        pool.nodes[n].start_s, pool.nodes[n].replica = now_s, r
        link(pool, r, n)
        size, prompt, answer, tokens = size + 1, longest, longest_answer, tokens + head.prompt
    work_s = table(pool.base_s, size * prompt) + limits.attention_s * size * pairs(0, prompt)
    replica.held, replica.context = size * (prompt + answer), size * prompt
    replica.prefill_tokens, replica.left = tokens, answer - 1
    replica.phase, replica.settled_s, replica.in_run = PREFILL, now_s, 0
    replica.change_s = now_s + work_s / replica.speed
    replica.watts = limits.prefill_w * replica.speed


@compiled
def begin_static_decode(pool, r, now_s):
    """One leap to the end of the longest answer, or to a change of speed."""
    replica = pool.replicas[r]
    if replica.in_run == 0 or replica.run_speed != replica.speed:
        new_run(pool, r, now_s)
    replica.target = replica.done + replica.left
    replica.phase, replica.settled_s = DECODE, now_s
    replica.change_s = boundary_s(replica, replica.target)


# --- commitments --------------------------------------------------------------------------------------------------------


@compiled
def commit(pool, r):
    """The run under way has reached its end: tokens, KV, requests that are done."""
    replica = pool.replicas[r]
    settle(pool, r, replica.change_s)
    replica.clock_s = replica.change_s
    if replica.phase == PREFILL:
        if pool.limits[0].policy == STATIC:
            commit_static_prefill(pool, r)
        else:
            commit_prefill(pool, r)
    elif pool.limits[0].policy == STATIC:
        commit_static_decode(pool, r)
    else:
        commit_decode(pool, r)
    replica.phase = IDLE
    replica.change_s = inf


@compiled
def commit_decode(pool, r):
    """All iterations of a leap: a token each for every decoding request."""
    replica = pool.replicas[r]
    iterations = replica.target - replica.done
    count_tokens(pool, r, replica.target)
    replica.done = replica.target
    grow(pool, r, iterations)
    finish_due(pool, r)


@compiled
def grow(pool, r, iterations):
    """KV of decode iterations."""
    replica = pool.replicas[r]
    replica.iteration += iterations
    replica.context += replica.decoding * iterations
    if pool.limits[0].admission == ON_DEMAND:
        replica.held += replica.decoding * iterations


@compiled
def finish_due(pool, r):
    """Requests whose last token has been made."""
    replica = pool.replicas[r]
    while replica.heap > 0 and pool.heaps[r][0].ends_at <= replica.iteration:
        n = pool.heaps[r][0].node
        stale = is_stale(pool, r, pool.heaps[r][0])
        pop(pool, r)
        if not stale:
            finish(pool, r, n, replica.clock_s)


@compiled
def commit_prefill(pool, r):
    """Chunks filled, first tokens made, and a token for all who decoded beside."""
    replica = pool.replicas[r]
    replica.prompt_tokens += replica.prefill_tokens
    if pool.limits[0].policy != CONTINUOUS and replica.decoding > 0:
        replica.output_tokens += replica.decoding
        grow(pool, r, 1)
        finish_due(pool, r)
    n, joining = replica.newest, replica.joining
    if replica.chunk > 0:
        pool.nodes[n].filled += replica.chunk
        n, joining = pool.nodes[n].older, joining - 1
    for _ in range(joining):
        older = pool.nodes[n].older
        replica.output_tokens += 1
        decodes_from_now(pool, r, n, replica.clock_s)
        n = older


@compiled
def commit_static_prefill(pool, r):
    """First tokens of a static batch."""
    replica = pool.replicas[r]
    replica.prompt_tokens += replica.prefill_tokens
    replica.decoding = replica.batch
    n = replica.newest
    while n != NOBODY:
        pool.nodes[n].first_token_s = replica.clock_s
        n = pool.nodes[n].older
    if replica.left == 0:
        return_static(pool, r)


@compiled
def commit_static_decode(pool, r):
    """A leap of a static batch; at its end all answers are returned."""
    replica = pool.replicas[r]
    iterations = replica.target - replica.done
    replica.done = replica.counted = replica.target
    replica.left -= iterations
    replica.context += replica.decoding * iterations
    if replica.left == 0:
        return_static(pool, r)


@compiled
def return_static(pool, r):
    """All requests of a static batch are done at once."""
    replica = pool.replicas[r]
    n = replica.newest
    while n != NOBODY:
        older = pool.nodes[n].older
        replica.output_tokens += pool.nodes[n].output
        record(pool, n, FINISHED, replica.clock_s, server_of(pool, r))
        free_node(pool, n)
        n = older
    replica.outstanding -= replica.batch
    replica.batch = replica.decoding = replica.in_run = 0
    replica.held = replica.context = 0
    replica.newest = NOBODY


@compiled
def advance(pool, r, until_s):
    """Bring a replica to a time: commit every run that ends by then, decide wherever time has moved past a boundary."""
    replica = pool.replicas[r]
    while True:
        if replica.phase == IDLE:
            if replica.clock_s >= until_s:
                return
            if not decide(pool, r):
                continue
        if replica.change_s > until_s:
            return
        commit(pool, r)
