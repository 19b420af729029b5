"""What stands behind ``make deploy`` and ``make destroy``."""


class CannotDeploy(Exception):  # noqa: N818 - an answer to the operator, not a defect
    """Why nothing was done, and what to do about it, in one sentence."""
