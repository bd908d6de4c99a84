"""The audit log: what was decided, in a form that anybody can check without us (this file imports nothing)."""
