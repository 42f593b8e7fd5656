"""What a person would enter for each built-in template: short, and of one world each."""

from collections.abc import Mapping
from typing import Any, Final

#: Name of the template -> topic and answers; what is left out stays at its default.
SAMPLES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "Incident review": (
        "Checkout failed for half of the customers",
        {
            "material": (
                "09:02 UTC deploy 214 to all servers\n09:05 alarm: error rate of checkout 48 %\n"
                "09:11 on-call: is it the payment provider?\n09:24 rollback of 214 begins\n09:31 error rate below 1 %\n"
                "10:15 found: 214 reads a setting that half of the servers do not have"
            ),
            "impact": "About half of the orders failed between 09:03 and 09:31.",
            "day": "2026-03-12",
            "severity": "critical",
        },
    ),
    "Interview synthesis": (
        "How people plan meals for the week",
        {
            "question": "What makes people give up planning their meals?",
            "notes": (
                "P1: On Sunday I write a list, by Tuesday the children want something else.\n"
                "P2: I photograph the fridge before I shop. I would use an app, I guess.\n"
                "P3: I stopped planning when I started working late. Now I buy on the way home."
            ),
            "people": 3.0,
        },
    ),
    "Long document": ("Keeping bees on a city roof", {"kind": "guide", "audience": "beginners", "words": 300.0}),
    "Market brief": ("Repair shops for electric bicycles", {"region": "Austria", "known": "We run two shops in Graz."}),
    "Project plan": ("Open a small bicycle repair shop in Graz", {}),
    "Supplier due diligence": (
        "A new supplier of bicycle batteries",
        {
            "supplier": "Northwind Cells",
            "buys": "2,000 batteries a year; without them no bicycle leaves the shop.",
            "material": (
                "Offer of 3 March: 210 euros each, prices fixed for 12 months. Certificate ISO 9001, valid until 2027. "
                "We deliver within four weeks. Turnover 2025: 9 million euros (our own statement)."
            ),
            "value": 420.0,
            "decision_by": "2026-05-01",
        },
    ),
    "Ticket digest": (
        "The booking app of a bicycle rental",
        {
            "tickets": (
                "#101 I paid twice for the same bicycle.\n#102 The app says my bicycle is not returned, but it is.\n"
                "#103 Charged twice again!\n#104 How do I change my e-mail address?"
            ),
            "tone": "formal",
        },
    ),
    "Translation with glossary": (
        "Hiring out bicycles",
        {
            "text": (
                "Bitte stellen Sie das Fahrrad nach der Fahrt an einer Station ab. Die Miete endet mit dem Abschließen."
            ),
            "language": "English",
            "terms": "Station = station",
        },
    ),
}
