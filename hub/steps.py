"""The six verbs that carry a complaint from a channel to the registry and its answer back. Read this first.

Each verb is also a command, an Airflow task and an audit event of that name. A step returns a Tally of counts:
no complaint text ever enters a log line or an XCom. What a verb needs is imported when it runs: a pull that finds
nothing new is mostly start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from connectors.errors import ChannelError, Misconfigured
from hub import pulling
from hub.model import Tally
from hub.progress import Said, silent
from hub.ranges import asked
from hub.spine import Hub
from hub.store.leases import LostLease
from hub.store.problems import StoreProblem

VERBS = ("pull", "accept", "forward", "follow", "seal", "watch")


def pull(
    hub: Hub,
    name: str,
    *,
    since: str | None = None,
    until: str | None = None,
    sweep: bool = False,
    progress: Said = silent,
) -> Tally:
    """Channel -> items, kept as received; raises ChannelError, named by who must act.

    `since`, `until`: a span to read again, as somebody typed it, in the connector's zone where it names none (raises
    WrongRange); `sweep` reads everything again; `progress` hears of each batch.
    """
    span = asked(since, until, zone=pulling.manifest_of(hub, name).zone, now=hub.clock())
    return pulling.pull(hub, name, since=span.since, until=span.until, sweep=sweep, said=progress)


def accept(hub: Hub, names: Sequence[str] = (), *, progress: Said = silent) -> Tally:
    """Items -> complaints or quarantine, with the verdict about duplicates and the outbox rows."""
    from hub import accepting

    one = partial(accepting.accept, said=progress)
    if len(names) == 1:
        return one(hub, names[0])
    return added("accept", [kept("accept", one, hub, name) for name in names or pulling.enabled(hub)])


def forward(hub: Hub, names: Sequence[str] = ()) -> Tally:
    """Outbox -> registry, with receipts; then what was said about complaints that are there."""
    from hub import configured, forwarding, relaying

    pulling.known_names(hub, names)
    configured.see(hub)
    return added("forward", [forwarding.forward(hub, names), relaying.relay(hub, names)])


def follow(hub: Hub, names: Sequence[str] = (), *, everything: bool = False) -> Tally:
    """Registry -> status -> back to the reporter through his own door; `everything` also what is not due yet."""
    from hub import follow as following

    pulling.known_names(hub, names)
    return following.follow(hub, names, everything=everything)


def seal(hub: Hub) -> Tally:
    """Audit entries -> tiles and a signed checkpoint."""
    from hub import sealing

    return sealing.seal(hub)


def watch(hub: Hub) -> Tally:
    """Everything -> oversight figures, conservation check, silent channels, deadlines."""
    from hub import configured, oversight

    configured.see(hub)
    return oversight.watch(hub)


def sync(
    hub: Hub,
    names: Sequence[str] = (),
    *,
    said: Callable[[Tally], None] = lambda tally: None,
    progress: Said = silent,
) -> list[Tally]:
    """All six in order, for small sites and tests; a dead channel holds nothing else up.

    `said` hears of each tally as it comes, `progress` of each batch.
    """
    from hub import accepting

    chosen = list(names) or pulling.enabled(hub)
    one = partial(pulling.pull, said=progress)
    pulls: list[Callable[[], Tally]] = [partial(kept, "pull", one, hub, name) for name in chosen]
    rest: list[Callable[[], Tally]] = [
        lambda: added(
            "accept", [kept("accept", partial(accepting.accept, said=progress), hub, name) for name in chosen]
        ),
        lambda: forward(hub, names),
        lambda: follow(hub, names),
        lambda: seal(hub),
        lambda: watch(hub),
    ]
    tallies = []
    for step in pulls + rest:
        tallies.append(step())
        said(tallies[-1])
    return tallies


def kept(verb: str, step: Callable[[Hub, str], Tally], hub: Hub, name: str) -> Tally:
    """One connector's step, whose failure is a value, so that the others go on; the store's own trouble is everybody's."""
    try:
        return step(hub, name)
    except StoreProblem:
        raise
    except Misconfigured as error:
        return Tally(verb=verb, failed=1, notes=(f"{name}: {error}",), error=error)
    except (ChannelError, LostLease) as error:
        return Tally(verb=verb, failed=1, owed=(f"{name}: {error}",), error=error)
    except Exception as error:
        sentence = (
            f"{name}: {type(error).__name__}, which nobody foresaw; the other connectors go on. Please report it."
        )
        return Tally(verb=verb, failed=1, notes=(sentence,), error=error)


def added(verb: str, tallies: Iterable[Tally]) -> Tally:
    """Several tallies as one."""
    all_of = list(tallies)
    words: dict[str, int] = {}
    for tally in all_of:
        for word, count in tally.words.items():
            words[word] = words.get(word, 0) + count
    return Tally(
        verb=verb,
        done=sum(t.done for t in all_of),
        skipped=sum(t.skipped for t in all_of),
        failed=sum(t.failed for t in all_of),
        owed=tuple(one for t in all_of for one in t.owed),
        words=words,
        notes=tuple(one for t in all_of for one in t.notes),
        error=next((t.error for t in all_of if t.error), None),
        running=bool(all_of) and all(t.running for t in all_of),
        halted=any(t.halted for t in all_of),
    )
