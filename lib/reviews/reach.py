"""Whether there are people enough to give the approvals that an answer asks for."""


def say_who_is_missing(what: str, *, required: int, others: int, may_oneself: bool, is_own_run: bool) -> str | None:
    """Why `what` would wait until more people may review, for who reads it; None where it need not.

    `others` may decide beside the reader. Nobody approves their own run alone.
    """
    if is_own_run and others == 0:
        return (
            f"Nobody but you could approve {what}, and nobody approves their own run alone. It will wait there until "
            "somebody else may review."
        )
    if others + may_oneself < required:
        able = others + may_oneself
        people = "nobody" if able == 0 else "only one person" if able == 1 else f"only {able} people"
        approvals = "an approval" if required == 1 else f"{required} approvals"
        return f"{what} asks for {approvals}, and {people} may give one. It will wait there until more may."
    return None
