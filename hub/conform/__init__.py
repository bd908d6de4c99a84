"""The conformance kit: a channel that misbehaves in every way we know, pulled for real, and compared with the truth."""
