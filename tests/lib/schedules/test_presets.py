import pytest

from lib.schedules.presets import LAST_DAY, Every, Preset, find_preset, say_times

PRESETS = [
    (Preset(every=Every.HOUR, minute=15, hour=0), "15 * * * *", "Every hour, 15 minutes past"),
    (Preset(every=Every.HOUR, hour=0), "0 * * * *", "Every hour, on the hour"),
    (Preset(every=Every.DAY, minute=30, hour=6), "30 6 * * *", "Every day at 06:30"),
    (Preset(every=Every.WEEKDAY, hour=7), "0 7 * * 1-5", "Every weekday at 07:00"),
    (Preset(every=Every.WEEK, hour=7, weekday=0), "0 7 * * 0", "Every Sunday at 07:00"),
    (Preset(every=Every.MONTH, hour=7, day=22), "0 7 22 * *", "On the 22nd of the month at 07:00"),
    (Preset(every=Every.MONTH, hour=7, day=LAST_DAY), "0 7 L * *", "On the last day of the month at 07:00"),
]


@pytest.mark.parametrize(("preset", "cron", "words"), PRESETS)
def test_preset_is_a_line_of_cron_and_back(preset: Preset, cron: str, words: str) -> None:
    assert preset.cron == cron
    assert find_preset(cron) == preset
    assert say_times(cron) == words


@pytest.mark.parametrize("cron", ["*/20 8-18 * * 1-5", "0 7 31 * *", "0 7 1 * 1", "0 7 1 1 *", "15 * 1 * *"])
def test_anything_else_is_no_preset_and_is_said_by_cronsim(cron: str) -> None:
    assert find_preset(cron) is None
    assert say_times(cron)


def test_words_of_other_cron() -> None:
    assert say_times("*/20 8-18 * * 1-5") == "Every 20th minute from 08:00 through 18:59 on Monday through Friday"


@pytest.mark.parametrize("cron", ["nonsense", "", "61 7 * * *"])
def test_what_can_not_be_read_is_said_as_it_is(cron: str) -> None:
    assert say_times(cron) == cron
