"""Personal data in what people type: found by its form and the words beside it, and masked; pure, knows nothing of the hub."""

from hub.personal.finding import KINDS, Span, find
from hub.personal.masking import counts, mask, mask_person

__all__ = ["KINDS", "Span", "counts", "find", "mask", "mask_person"]
