"""Whether a stage has the samples: known before it is packaged, for where they are off they are not in the package."""

from collections.abc import Callable, Mapping

from cupbearer.deploying import CannotDeploy

PARAMETER = "Samples"
MISSED = (
    "Samples are off: /cats, /pangolins, /profile, /messages and the board, which this stage had, are taken from it. What was "
    'written on the board stays in the table until it expires; SET="Samples=on" brings all of it back.'
)


def settled(
    chosen: Mapping[str, str],
    kept: Mapping[str, str] | None,
    *,
    development: bool,
    say: Callable[[str], None],
) -> dict[str, str]:
    """Return the parameters with ``Samples`` among them: as chosen, as the stack has it, or on where one develops.

    ``kept`` are the parameters of the stack, None where there is none yet. Raises CannotDeploy where the board is shown
    and would not be there.
    """
    before = kept or {}
    value = chosen.get(PARAMETER) or before.get(PARAMETER) or ("on" if development else "off")
    if value not in ("on", "off"):
        raise CannotDeploy(f"{PARAMETER} is {value!r}, but must be on or off.")
    if value == "off" and chosen.get("Front", before.get("Front")) == "board":
        raise CannotDeploy(
            "This stage shows the board (Front=board), which is one of the samples, and these are off: "
            'say SET="Samples=on" or SET="Front=account".'
        )
    if value == "off" and kept is not None and PARAMETER not in before:
        say(MISSED)
    return {**chosen, PARAMETER: value}
