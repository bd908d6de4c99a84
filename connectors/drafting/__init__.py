"""Drafts of manifests, made from a sample of what a channel sends; see connectors.drafting.draft."""
