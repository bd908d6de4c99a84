"""Who may do what, and what of it he sees: a table of verbs and roles, and what it decides, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

NATION: Final = "*"
"""The scope that covers every region."""
ROLES: Final = ("engineer", "it", "coordinator", "auditor", "administrator")
"""National engineer, regional IT, coordinator, auditor (a region's: its Inspektorat), administrator."""
OPERATOR: Final = "operator"
"""Whoever has an account on the machine or runs its schedules: the operating system is the boundary, not this table."""


def covers(scope: str, region: str) -> bool:
    """Whether somebody of `scope` sees what belongs to `region`: '63' covers '63' and '63.04', '*' all, '' nothing."""
    return bool(scope) and (scope in (NATION, region) or region.startswith(f"{scope}."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one transaction can see of the tables (the policies of migration 0010 read it)."""

    scope: str
    """'*', a Kemendagri code, or '' for nothing at all."""
    institution: str = ""
    """Rows of a complaint that accuses this institution, or the one that runs the hub for `scope`, are not there …"""
    inspects: bool = False
    """… unless it is the Inspektorat that looks."""
    unread: bool = False
    """It is the hub at work on one region: it sees what accept has not read yet, of which nobody knows whom it accuses."""

    def within(self, region: str) -> Sight:
        """The part of it that belongs to one region; all of it where that is no part."""
        if not region or region == self.scope or not covers(self.scope, region):
            return self
        nation = self.scope == NATION
        return Sight(
            scope=region,
            institution=self.institution,
            inspects=self.inspects or nation,
            unread=self.unread or (nation and not self.institution),
        )


EVERYTHING: Final = Sight(scope=NATION, inspects=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody who uses the hub."""

    name: str
    role: str
    region: str = NATION
    institution: str | None = None

    @property
    def is_operator(self) -> bool:
        """He came without a token."""
        return self.role == OPERATOR

    @property
    def sight(self) -> Sight:
        """What he sees of the tables."""
        return Sight(scope=self.region, institution=self.institution or "", inspects=self.role in ("auditor", OPERATOR))


def operator(name: str) -> Who:
    """Somebody who came without a token: all of it, under the name of his account."""
    return Who(name=name, role=OPERATOR)


class Reach(Enum):
    """How far a verb goes for a role."""

    OWN = "own"
    """In his own sight: the database shows it no other row."""
    CHANNELS = "channels"
    """As the hub, which looks across regions to find duplicates, for the connectors of his region and nothing else."""
    MATTERS = "matters"
    """As the hub, which judges across regions, about complaints that his own sight shows and no other (hub/mine.py)."""
    NATION = "nation"
    """In his own sight, and only for somebody whose region is the nation."""
    HUB = "hub"
    """As the hub, and only for somebody whose region is the nation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """He may; `sight` is what the tables show meanwhile."""

    sight: Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """He may not, and why, in both languages."""

    indonesian: str
    english: str

    def __str__(self) -> str:
        return f"{self.indonesian} / {self.english}"


class NotAllowed(Exception):
    """Somebody asked for what his role, his region or his token does not allow."""


_ALL_LOOK = dict.fromkeys(("engineer", "it", "coordinator", "auditor"), Reach.OWN)
_CHANNELS = {"engineer": Reach.HUB, "it": Reach.CHANNELS}
_REGISTERS = {"engineer": Reach.CHANNELS, "it": Reach.CHANNELS}
_MACHINE = {"engineer": Reach.HUB}
_MATTERS = {"engineer": Reach.HUB, "coordinator": Reach.MATTERS}
_DECIDES = {"engineer": Reach.OWN, "coordinator": Reach.OWN}
_INSPECTS = {"auditor": Reach.OWN}
_PEOPLE = {"administrator": Reach.OWN}
_OVERSEES = {"engineer": Reach.NATION, "auditor": Reach.NATION}

TABLE: Final[Mapping[str, Mapping[str, Reach]]] = MappingProxyType(
    {
        # looking
        "status": _ALL_LOOK,
        "deliveries": _ALL_LOOK,
        "cases": _ALL_LOOK,
        "cases show": _ALL_LOOK,
        "answers list": _ALL_LOOK,
        "accused": _INSPECTS,
        "hold list": _ALL_LOOK,
        "retention show": _ALL_LOOK,
        "registry show": _OVERSEES,
        "dedup explain": _OVERSEES,
        "export": _ALL_LOOK,
        "export answers": {"engineer": Reach.OWN, "it": Reach.OWN},  # what is written there counts as handed over
        "audit log": _ALL_LOOK,
        "audit sample": _ALL_LOOK,
        "audit pack": _OVERSEES,
        "audit touched": _OVERSEES,
        "audit prove": _OVERSEES,
        "audit export": _OVERSEES,
        "audit publish": _OVERSEES,
        # the work of a region on its own channels
        "pull": _CHANNELS,
        "accept": _CHANNELS,
        "check": _REGISTERS,
        "preview": _REGISTERS,
        "register": _REGISTERS,
        "activate": _REGISTERS | {"coordinator": Reach.CHANNELS},
        "deactivate": _REGISTERS | {"coordinator": Reach.CHANNELS},
        "history": _ALL_LOOK,
        "upload": {"engineer": Reach.OWN, "it": Reach.OWN},
        "close": {"engineer": Reach.OWN, "it": Reach.OWN},
        "answers settle": _DECIDES,
        "hold add": _DECIDES | {"auditor": Reach.OWN},
        "hold end": _DECIDES | {"auditor": Reach.OWN},
        # the Inspektorat on accusations
        "accused show": _INSPECTS,
        "accused confirm": _INSPECTS,
        "accused clear": _INSPECTS,
        # judged across regions: a coordinator's own complaints
        "release": _MATTERS,
        "resolve": _MATTERS,
        "redrive": {"engineer": Reach.HUB, "coordinator": Reach.OWN},
        "cases link": _MATTERS,
        "cases unlink": _MATTERS,
        "cases split": _MATTERS,
        # the machine
        "forward": _MACHINE,
        "follow": _MACHINE,
        "seal": _MACHINE,
        "watch": _MACHINE,
        "accused rejudge": _MACHINE,
        "sync": _MACHINE,
        "contacts mail": _MACHINE,
        "receive": _MACHINE,
        "reconcile": _MACHINE,
        "registry pause": _MACHINE,
        "registry resume": _MACHINE,
        "secret allow": _MACHINE,
        "erase": _MACHINE,
        "retention set": _MACHINE,
        "retention run": _MACHINE,
        "audit rebuild": _MACHINE,
        "dedup rebuild": _MACHINE,
        # people
        "users add": _PEOPLE,
        "users list": _PEOPLE,
        "users role": _PEOPLE,
        "users disable": _PEOPLE,
        "users password": _PEOPLE,
        "tokens issue": _PEOPLE,
        "tokens list": _PEOPLE,
        "tokens revoke": _PEOPLE,
    }
)
"""Verb -> role -> reach. What is not here, or not for a role, is refused; a test holds that every command is named."""

TOUCHES_NOTHING: Final = ("kinds", "conform", "new", "template xlsx", "dedup evaluate", "dedup rules", "audit verify")
"""Commands that read no table of the hub: anybody may run them, with or without a token."""
OPERATORS_OWN: Final = ("up", "demo", "doctor", "sandbox", "keys", "keys rotate")
"""Commands about the machine itself: with a token they are refused."""


def may(who: Who, verb: str) -> Allowed | Refused:
    """Whether somebody may run a command, `verb` being its words; pure."""
    if who.is_operator:
        return Allowed(sight=EVERYTHING)
    reach = TABLE.get(verb, {}).get(who.role)
    if reach is None:
        return Refused(
            indonesian=f"Peran {who.role} tidak boleh menjalankan '{verb}'.",
            english=f"The role {who.role} may not run '{verb}'.",
        )
    if reach in (Reach.NATION, Reach.HUB) and who.region != NATION:
        return Refused(
            indonesian=f"'{verb}' menyangkut semua daerah; minta petugas nasional menjalankannya.",
            english=f"'{verb}' concerns all regions; ask somebody of the nation to run it.",
        )
    return Allowed(sight=EVERYTHING if reach in (Reach.CHANNELS, Reach.MATTERS, Reach.HUB) else who.sight)


def needs_reason(who: Who) -> bool:
    """Whether somebody has to say why before he reads personal data; he leaves an entry with it."""
    return not who.is_operator


def verb_of(arguments: Sequence[str]) -> str:
    """The words of a command line that name the command, also behind options of its group; unknown words stay as they are."""
    first = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    pairs = [f"{first} {word}" for word in arguments[1:]]
    known = [pair for pair in pairs if pair in TABLE or pair in TOUCHES_NOTHING]
    return known[0] if known else first
