"""What is done to endpoints, and to what they were told."""

from typing import Final

from lib import clock
from lib.access.permissions import Permission
from lib.webhooks import deliveries, service
from lib.webhooks.views import DeliveryFilter
from tests.tenancy.deed import Choice, about_own, give, to_a_thing

P = Permission


def _of_endpoint(to: Choice) -> DeliveryFilter:
    return DeliveryFilter(webhook_id=to.target.webhook.id)


WEBHOOKS: Final = (
    about_own(service.list_endpoints, P.WEBHOOKS_VIEW),
    about_own(service.create_endpoint, P.WEBHOOKS_MANAGE, lambda to: give(to.endpoint)),
    to_a_thing(service.update_endpoint, P.WEBHOOKS_MANAGE, lambda to: give(to.endpoint, seen=to.target.webhook)),
    to_a_thing(service.pause_endpoint, P.WEBHOOKS_MANAGE, lambda to: give(to.target.webhook.id)),
    to_a_thing(service.resume_endpoint, P.WEBHOOKS_MANAGE, lambda to: give(to.target.webhook.id, with_waiting=False)),
    to_a_thing(service.delete_endpoint, P.WEBHOOKS_MANAGE, lambda to: give(to.target.webhook.id)),
    to_a_thing(service.rotate_secret, P.WEBHOOKS_MANAGE, lambda to: give(to.target.webhook, overlap_hours=24)),
    to_a_thing(deliveries.send_test, P.WEBHOOKS_MANAGE, lambda to: give(to.target.webhook.id)),
    about_own(deliveries.list_deliveries, P.WEBHOOKS_VIEW, lambda to: give(_of_endpoint(to))),
    about_own(deliveries.count_deliveries, P.WEBHOOKS_VIEW, lambda to: give(_of_endpoint(to), most=99)),
    about_own(deliveries.count_deliveries_by_state, P.WEBHOOKS_VIEW, lambda to: give(_of_endpoint(to), most=99)),
    about_own(
        deliveries.export_deliveries, P.WEBHOOKS_VIEW, lambda to: give(_of_endpoint(to), file_format=to.file_format)
    ),
    to_a_thing(deliveries.get_delivery, P.WEBHOOKS_VIEW, lambda to: give(to.target.delivery_id)),
    about_own(deliveries.watch, P.WEBHOOKS_VIEW, lambda to: give([to.target.delivery_id])),
    to_a_thing(deliveries.redeliver, P.WEBHOOKS_MANAGE, lambda to: give(to.target.delivery_id)),
    about_own(
        deliveries.count_failed,
        P.WEBHOOKS_VIEW,
        lambda to: give(to.target.webhook.id, since=clock.now(), most=99),
    ),
    to_a_thing(
        deliveries.redeliver_failed, P.WEBHOOKS_MANAGE, lambda to: give(to.target.webhook.id, since=clock.now())
    ),
)
