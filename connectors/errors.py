"""What can go wrong with a channel, named by who must act.

ChannelError
├── Unavailable    nobody acts: the hub tries again later
├── Refused        the channel's owner: key, rights, quota
└── Misconfigured  whoever wrote the manifest
"""

from __future__ import annotations


class ChannelError(Exception):
    """Something about this channel does not work."""

    code = "channel_error"

    def __init__(
        self,
        what: str = "",
        *,
        hint: str = "",
        code: str = "",
        retry_after: float | None = None,
        indonesian: str = "",
    ) -> None:
        """`what` says what happened and never quotes a secret or a citizen; `hint` what to do; `retry_after` seconds.

        `indonesian` says both in one, for those who write manifests; "" where nobody has written it.
        """
        self.what = what or (type(self).__doc__ or "").strip()
        self.hint = hint
        self.code = code or self.code
        self.retry_after = retry_after
        self.indonesian = indonesian
        self.said = b""
        """What the other side answered beside its status; for the kind that asked, and never shown."""
        super().__init__(f"{self.what} {hint}".strip())


class Unavailable(ChannelError):
    """The channel cannot be reached or answers with an error of its own; the hub tries again later."""

    code = "unavailable"


class Refused(ChannelError):
    """The channel answers that we may not read; its owner has to look at key, rights or quota."""

    code = "refused"


class Misconfigured(ChannelError):
    """The manifest asks for something that cannot be done; whoever wrote it has to change it."""

    code = "misconfigured"
