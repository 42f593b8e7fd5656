"""Reviews: answers and operations that wait for people, and what was decided about those before."""

from lib.access.permissions import Permission
from lib.reviews.service import list_reviews
from lib.reviews.views import ReviewSort
from lib.ui.components.empty_state import empty_state
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.components.review_filters import chosen_reviews, make_review_filters, open_on_own
from lib.ui.components.review_table import open_review, show_review_table
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor

actor = require_actor(Permission.ORCHESTRATIONS_REVIEW)
bar = make_review_filters(actor)
open_on_own(actor, bar)
chosen = read_filters(bar)
wanted, sort = chosen_reviews(chosen), ReviewSort(chosen.sort)
page = find_page(lambda cursor: list_reviews(actor, wanted, sort=sort, cursor=cursor), cursor=current_cursor())

with page_header("Reviews", subtitle="Answers and operations that wait for somebody's word before their run goes on."):
    pass
if (page and page.items) or chosen or current_cursor():
    show_filters(bar, chosen)
if page and page.items:
    open_review(show_review_table(page.items, newer=page.newer, older=page.older))
elif current_cursor():
    show_no_such_page()
elif chosen:
    show_nothing_found(bar, chosen, noun="review")
else:
    text = (
        "A template can ask people to look at an answer before its run goes on, or to approve what is done after it. "
        "What waits for you stands here."
    )
    with empty_state("reviews", icon=":material/rate_review:", title="Nothing to review yet", text=text):
        pass
