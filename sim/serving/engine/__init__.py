"""What both engines share: the protocol, the specification of a pool, the rules of batching, shards."""
