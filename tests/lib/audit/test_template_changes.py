import pytest

from lib.audit import actions
from lib.audit.service import list_template_changes
from lib.errors import NotPermitted
from lib.templates import publishing, service
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.templates.versions.service import save_version
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TEMPLATE_DATA
from tests.made_templates import let_publish_to_everybody


def test_every_change_of_a_template_is_told_in_words(installation: Installation, cast: Cast) -> None:
    let_publish_to_everybody(installation.database)
    made = create_template(cast.max, TemplateDetails(name="Brief"), TEMPLATE_DATA)
    publishing.publish_template(cast.max, made)
    for _ in range(2):
        review = get_template(cast.mona, made).review
        assert review
        publishing.approve(cast.mona, review.id)
        if not get_template(cast.mona, made).is_public:
            publishing.make_public(cast.alice, made)
    phases = [{**TEMPLATE_DATA["phases"][0], "prompt": "Another"}]
    publishing.make_private(cast.mona, made)
    save_version(cast.mona, made, {"phases": phases}, base_version=1)
    service.update_details(cast.mona, made, TemplateDetails(name="Letter"))
    service.retire_template(cast.mona, made)
    service.restore_template(cast.mona, made)
    service.delete_template(cast.mona, made)
    assert [change.did for change in list_template_changes(cast.alice, made).items] == [
        "deleted the template",
        "restored the template",
        "retired the template",
        "edited the template",
        "offered another version of the template",
        "kept the template to the organization again",
        "made the template public",
        "published the template",
        "asked for the template to be published",
        "made the template",
    ]
    with pytest.raises(NotPermitted):
        list_template_changes(cast.mona, made)
    assert list_template_changes(cast.charlie, made).items == ()


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("approved", "agreed to a version of the template"),
        ("rejected", "refused a version of the template"),
        ("withdrawn", "took a request about the template back"),
    ],
)
def test_every_decision_is_told_in_words(decision: str, said: str) -> None:
    assert actions.say("template_reviews.update", {"decision": None}, {"decision": decision}) == said
    assert actions.say("template_reviews.create", {}, {}) == "asked for a version of the template to be offered"
