"""Programs that other people's packages make of the same task; each runs in an environment of its own, without SatuPintu."""
