"""`orchestrator organizations …`."""

from typing import TYPE_CHECKING, Annotated

import typer

from lib.config import get_settings
from lib.db.logins import Login
from lib.installation import prepare_database

if TYPE_CHECKING:
    from lib.organizations.views import OrganizationSummary
    from lib.users.views import InviteOutcome

app = typer.Typer(help="Organizations of this installation.", no_args_is_help=True)
Email = Annotated[str, typer.Option(help="Of the first admin, who gets a link.")]
Slug = Annotated[str, typer.Argument(help="Its short name.")]


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="As people read it.")],
    slug: Annotated[str, typer.Option(help="Short name for addresses: small letters, digits, hyphens.")],
    tier: Annotated[str, typer.Option(help="Its subscription tier.")] = "free",
    email: Email,
) -> None:
    """Create an organization and invite its first admin, who invites everybody else."""
    from lib.identity.registration import read_tier  # noqa: PLC0415 - half a second of imports
    from lib.organizations.creation import create_organization  # noqa: PLC0415 - half a second of imports
    from lib.organizations.operator import CommandLine  # noqa: PLC0415 - half a second of imports

    wanted = read_tier(tier)
    prepare_database(Login.IDENTITY)
    made = create_organization(CommandLine(), name=name, slug=slug, tier=wanted, email=email)
    typer.echo(f"Created the organization “{name}” ({slug}), {made.id}.")
    _hand_over(made.invited)


@app.command()
def invite(
    slug: Slug,
    *,
    email: Email,
    by_mail: Annotated[bool, typer.Option("--mail/--print", help="Mail the link where mail is set up.")] = True,
) -> None:
    """Invite the first admin anew, as long as nobody has come. The link before stops working."""
    from lib.organizations.creation import invite_first_admin  # noqa: PLC0415 - half a second of imports
    from lib.organizations.operator import CommandLine  # noqa: PLC0415 - half a second of imports

    found = _find(slug)
    _hand_over(invite_first_admin(CommandLine(), found.id, email=email, by_mail=by_mail))


@app.command("list")
def list_all() -> None:
    """List them: short name, tier, people, calls of this month, and how they stand."""
    from lib.organizations.operator import CommandLine, list_organizations  # noqa: PLC0415 - half a second of imports
    from lib.organizations.views import OrganizationSort  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.IDENTITY)
    cursor = None
    while True:
        page = list_organizations(CommandLine(), sort=OrganizationSort.NAME, cursor=cursor)
        for each in page.items:
            typer.echo(_line(each))
        cursor = page.older
        if cursor is None:
            return


@app.command()
def tier(slug: Slug, tier: Annotated[str, typer.Argument(help="The new one.")]) -> None:
    """Change the tier, and the quota with it unless one was set by hand."""
    from lib.identity.registration import read_tier  # noqa: PLC0415 - half a second of imports
    from lib.organizations.operator import CommandLine, change_tier  # noqa: PLC0415 - half a second of imports

    wanted = read_tier(tier)
    found = _find(slug)
    stays = change_tier(CommandLine(), found.id, wanted)
    typer.echo(f"{found.name} has the tier {tier} now.")
    for said in stays:
        typer.echo(f"  {said}")


@app.command()
def quota(slug: Slug, calls: Annotated[str, typer.Argument(help="Calls a month, or “unlimited”.")]) -> None:
    """Set the calls to models a month. Runs that waited for calls go on by themselves."""
    from lib.organizations.operator import CommandLine, set_quota  # noqa: PLC0415 - half a second of imports

    if calls != "unlimited" and not (calls.isascii() and calls.isdigit()):
        raise typer.BadParameter("Say how many calls a month, or “unlimited”.")
    found = _find(slug)
    set_quota(CommandLine(), found.id, None if calls == "unlimited" else int(calls))
    typer.echo(f"{found.name} may make {calls} calls a month.")


@app.command()
def suspend(slug: Slug, *, reason: Annotated[str, typer.Option(help="Its people read this at sign-in.")]) -> None:
    """Let nobody of it in, end their sessions and have its runs wait. Nothing is deleted."""
    from lib.organizations.operator import CommandLine, suspend_organization  # noqa: PLC0415 - half a second of imports

    found = _find(slug)
    suspend_organization(CommandLine(), found.id, reason=reason)
    typer.echo(f"{found.name} is suspended. `orchestrator organizations resume {slug}` ends that.")


@app.command()
def resume(slug: Slug) -> None:
    """End a suspension. Its runs go on by themselves."""
    from lib.organizations.operator import CommandLine, resume_organization  # noqa: PLC0415 - half a second of imports

    found = _find(slug)
    resume_organization(CommandLine(), found.id)
    typer.echo(f"{found.name} is not suspended any more.")


@app.command()
def delete(slug: Slug) -> None:
    """Begin the waiting period after which it is deleted. Asks for its short name again."""
    from lib.organizations.operator import CommandLine, delete_organization  # noqa: PLC0415 - half a second of imports

    found = _find(slug)
    if typer.prompt(f"Type {slug} again to delete {found.name}") != slug:
        raise typer.BadParameter("That is another name. Nothing was changed.")
    ends_at = delete_organization(CommandLine(), found.id)
    typer.echo(f"{found.name} ends on {ends_at:%Y-%m-%d}. `orchestrator organizations restore {slug}` takes that back.")


@app.command()
def restore(slug: Slug) -> None:
    """Take a deletion back, while it waits and after it has come."""
    from lib.organizations.operator import CommandLine, restore_organization  # noqa: PLC0415 - half a second of imports

    found = _find(slug)
    restore_organization(CommandLine(), found.id)
    typer.echo(f"{found.name} does not end.")


def _find(slug: str) -> "OrganizationSummary":
    from lib.organizations.operator import CommandLine, find_organization  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.IDENTITY)
    return find_organization(CommandLine(), slug)


def _hand_over(invited: "InviteOutcome") -> None:
    """Say how the link gets there; where no mail has it, print it: nobody can read it again."""
    typer.echo(f"{invited.email} is invited to be its admin, by a link that is good once, for a week.")
    if invited.is_mailed:
        typer.echo("A mail with it is on its way.")
    else:
        typer.echo("No mail is sent. Hand it over yourself; it is shown only now:")
        typer.echo(f"  {get_settings().url}{invited.secret_path}")


def _line(organization: "OrganizationSummary") -> str:
    quota = organization.quota
    limit = "no limit" if quota.limit is None else f"{quota.limit:,}"
    calls = f"{quota.used:,} of {limit}"
    counted = f"{organization.people} {'person' if organization.people == 1 else 'people'}"
    people = counted if organization.people else "nobody has come yet"
    return (
        f"{organization.slug:<24} {organization.standing:<10} {organization.tier:<11} {people:>19}  "
        f"{calls:<20} {organization.name}"
    )
