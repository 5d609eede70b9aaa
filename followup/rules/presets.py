"""Rules to start from, as water, heating and gas companies and 12345 hotlines have them, with their sources.

The sources are rules and service promises of single organisations, in short words; what binds an organisation
it has to look up itself. Where all are to be asked, the frequency cap does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.i18n import _l
from followup.rules.policy import Terms

NEXT_DAY = 9.0  # working hours: a working day of 09:00-18:00 later


@dataclass(frozen=True, slots=True)
class PresetRule:
    """One rule, the sentence that it carries out, and where that sentence stands."""

    name: Any  # a lazy text
    terms: Terms
    basis: Any
    source: str


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules of one trade, in their order."""

    key: str
    title: Any
    rules: Sequence[PresetRule]


_CALL = Terms(channel="phone", delay_hours=NEXT_DAY, call_within_workdays=2)
_LINK = Terms(
    delay_hours=NEXT_DAY, reminder_after_workdays=None, phone_after_workdays=1, call_within_workdays=1
)

PRESETS = (
    Preset("water", _l("Water supply"), (
        PresetRule(
            _l("Water: complaints closed again"),
            replace(_CALL, kinds=("complaint",), resolution="repeat", cap_days=0),
            _l("Customers who complain twice or more are visited or called, all of them."),
            "guanxianshuiwu.com/article/111",
        ),
        PresetRule(
            _l("Water: complaints"),
            replace(_LINK, kinds=("complaint",), cap_days=0),
            _l("All complaints are asked about."),
            "777doc.com/doc-104840",
        ),
        PresetRule(
            _l("Water: repairs"),
            replace(_LINK, kinds=("repair",), sampling_rate=70),
            _l("At least 70 of 100 repairs are asked about on the next day."),
            "guanxianshuiwu.com/article/111",
        ),
    )),
    Preset("heating", _l("Heating"), (
        PresetRule(
            _l("Heating: complaints"),
            replace(_LINK, kinds=("complaint",), cap_days=0, delay_hours=2),
            _l("Target users, here who complained, are all asked within two working days after closing."),
            "yzwku 438412; jacoshop.com 临沂金程热力 2024",
        ),
        PresetRule(
            _l("Heating: all others"),
            replace(_LINK, sampling_rate=30, delay_hours=2),
            _l("Of other users at least 30 of 100 are asked; who was not reached is called again in 3 days."),
            "yzwku 438412",
        ),
    )),
    Preset("gas", _l("Gas"), (
        PresetRule(
            _l("Gas: orders of the 12345 hotline"),
            replace(_CALL, came_by=("hotline",), cap_days=0),
            _l("All orders of the 12345 hotline that were closed on the day before are asked about."),
            "shandongtowngas.com.cn id=105",
        ),
        PresetRule(
            _l("Gas: all others"),
            replace(_LINK, sampling_rate=20),
            _l("Of the other orders of the day before 20 of 100 are asked about."),
            "shandongtowngas.com.cn id=105",
        ),
    )),
    Preset("hotline", _l("12345 hotline"), (
        PresetRule(
            _l("Hotline: complaints and requests that were done again"),
            replace(_CALL, resolution="repeat", cap_days=0),
            _l("Who was dissatisfied is called back after the redo, and the second rating counts."),
            "news.shi-fen.com 50-34487",
        ),
        PresetRule(
            _l("Hotline: orders"),
            replace(_LINK, came_by=("hotline",), cap_days=0),
            _l("Every order is rated, by phone, SMS or web; the call follows on the day after closing."),
            "chaoyang.gov.cn 202405; fsou.com 17273310",
        ),
        PresetRule(
            _l("Hotline: all others"),
            replace(_LINK, sampling_rate=20),
            _l("Orders that came by other ways are sampled, 20 of 100, as a gas company does it."),
            "shandongtowngas.com.cn id=105",
        ),
    )),
    Preset("property", _l("Property services and others"), (
        PresetRule(
            _l("Complaints"), replace(_LINK, kinds=("complaint",), cap_days=0),
            _l("All complaints are asked about."), "777doc.com/doc-104840",
        ),
        PresetRule(
            _l("Repairs"), replace(_LINK, kinds=("repair",), sampling_rate=30),
            _l("Of 100 to 300 repairs a month 30 of 100 are asked about, of fewer all, of more 10 of 100."),
            "777doc.com/doc-104840; 8848wangxiao 28909",
        ),
    )),
)  # fmt: skip
