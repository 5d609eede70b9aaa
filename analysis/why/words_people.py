"""Why a figure changed, in words: the cards on who answered and on customers who were asked twice."""

from collections.abc import Mapping

from analysis import labels
from analysis.texts import N_
from analysis.verdicts import percent
from analysis.why.pairs import Test, Transition
from analysis.why.results import Answered, Rate, Rates, Recovered, Register, Waves, Why, share_of
from analysis.why.telling import FEW, NONE, Card, Speaker, Table, count, p_words, share

_CHANNELS = {
    "sms": N_("Link by SMS"),
    "email": N_("Link by e-mail"),
    "paper": N_("Link on paper"),
    "phone": N_("Callback by phone"),
}
_WAVES = {
    "quick": N_("Within 48 hours"),
    "reminded": N_("After a reminder"),
    "later": N_("Later, without a reminder"),
    "first": N_("Reached at the first call"),
    "second": N_("Reached at the second call"),
    "more": N_("Reached after more calls"),
}
_RATE_CANNOT = N_(
    "A response rate is a poor index of bias: across 59 studies it said little about how far the answers "
    "were off (Groves and Peytcheva 2008). Late answers and the register beside the answers say more; those "
    "who never answered stay unknown."
)
_REGRESSION = N_(
    "Regression to the mean: who is asked again because of a poor rating rises by chance alone. Putting "
    "right has helped where they rise more than dissatisfied customers whose case was not put right."
)
_NOT_ALIKE = N_(
    "The two groups were not drawn by lot: which case is put right is decided by people, and the others "
    "rated another case the second time."
)


def answered_card(found: Why, tell: Speaker) -> Card | None:
    """Tell who answered."""
    who = found.answered
    if who is None:
        return None
    parts = [_rates_card(rates, tell) for rates in who.rates]
    parts += [_register_card(one, tell) for one in who.register]
    parts += [card for card in (_missing_card(who, tell),) if card]
    tables = [_channels_table(who.channels, tell)] if who.channels else []
    tables += [_waves_table(one, tell) for one in who.waves]
    said = _rate_said(who, tell) + _late_said(who, tell)
    said += _sampled_said(who, tell)
    return Card(
        "answered", tell.translate(N_("Who answered")), tuple(said), tuple(tables),
        (tell.translate(_RATE_CANNOT),), tuple(parts),
    )  # fmt: skip


def _sampled_said(who: Answered, tell: Speaker) -> list[str]:
    """Say where not every answer or link was looked at."""
    answers, links = who.sampled
    said = []
    if answers > 1 and who.waves:
        template = N_(
            "Early and late answers come from one answer in %(n)s, taken evenly over time; their numbers are "
            "those of this sample, and the ranges allow for it."
        )
        said.append(tell.say(template, n=count(answers)))
    if links > 1 and who.channels:
        template = N_(
            "The rates by the way of asking come from one link in %(n)s, taken evenly over time; their "
            "numbers are those of this sample."
        )
        said.append(tell.say(template, n=count(links)))
    return said


def _rate_said(who: Answered, tell: Speaker) -> list[str]:
    later, earlier = who.total[1], who.total[0]
    if later is None or later.share is None:
        return [tell.translate(N_("No response rate: no links went out, or answers came by other ways too."))]
    values = {"x": count(later.answered), "n": count(later.asked), "rate": share(later.share)}
    if earlier is None or earlier.share is None:
        return [tell.say(N_("Of %(n)s links %(x)s were answered: %(rate)s."), **values)]
    template = N_("Of %(n)s links %(x)s were answered: %(rate)s, and %(other)s in %(before)s.")
    return [tell.say(template, **values, other=share(earlier.share))]


def _late_said(who: Answered, tell: Speaker) -> list[str]:
    """Compare those who came at once with those who had to be reminded or called again."""
    said = []
    for wave in who.waves:
        shares = {name: later for name, _, later in wave.rows if later is not None}
        early = shares.get("quick") or shares.get("first")
        others = [share for name, share in shares.items() if name not in ("quick", "first")]
        if early is None or not others:
            continue
        late = share_of(sum(one.x for one in others), sum(one.n for one in others))
        template = N_(
            "Satisfied among those who answered by link within 48 hours: %(early)s; among the later ones: "
            "%(late)s. Those who never answer may be more like the later ones."
        )
        if wave.mode == "phone":
            template = N_(
                "Satisfied among those reached at the first call: %(early)s; among those reached later: "
                "%(late)s. Those never reached may be more like the later ones."
            )
        said.append(tell.say(template, early=share(early), late=share(late)))
    return said


def _rate_words(rate: Rate | None) -> tuple[str, str]:
    if rate is None:
        return NONE, NONE
    said = share(rate.share) if rate.asked >= FEW else NONE  # percents of few mislead
    return f"{count(rate.answered)}/{count(rate.asked)}", said


def _rates_table(rates: Rates, caption: str, head: str, names: Mapping[str, str], tell: Speaker) -> Table:
    rows = tuple(
        (_row_name(names.get(name, name), earlier, later, tell), *_rate_words(earlier), *_rate_words(later))
        for name, earlier, later in rates.rows
    )
    heads = (
        head, tell.say(N_("Answered of asked, %(before)s")), tell.say(N_("Rate, %(before)s")),
        tell.say(N_("Answered of asked, %(after)s")), tell.say(N_("Rate, %(after)s")),
    )  # fmt: skip
    return Table(caption, heads, rows)


def _row_name(name: str, earlier: Rate | None, later: Rate | None, tell: Speaker) -> str:
    """Return the name of a row; of one that holds nothing but dashes with the reason."""
    if earlier is not None or later is not None:
        return name
    return tell.say(N_("%(name)s (too few or hidden to protect few)"), name=name)


def _channels_table(rates: Rates, tell: Speaker) -> Table:
    names = {name: tell.translate(said) for name, said in _CHANNELS.items()}
    caption = tell.translate(N_("Completed of what was delivered, by the way of asking"))
    return _rates_table(rates, caption, tell.translate(N_("Way of asking")), names, tell)


def _rates_card(rates: Rates, tell: Speaker) -> Card:
    said = str(labels.DIMENSION[rates.dimension])
    names = {name: labels.value_label(rates.dimension, name) for name, *_ in rates.rows}
    shares = [
        later.share.p for *_, later in rates.rows if later and later.share and later.share.p is not None
    ]
    sentence = tell.translate(N_("No response rate can be given here."))
    if shares:
        template = N_("The response rate lies between %(low)s and %(high)s.")
        sentence = tell.say(template, low=percent(min(shares)), high=percent(max(shares)))
    title = tell.say(N_("Response rate by %(dimension)s"), dimension=said.lower() if said.isascii() else said)
    return Card(
        f"rate-{rates.dimension}", title, (sentence,), (_rates_table(rates, title, said, names, tell),)
    )


def _register_card(one: Register, tell: Speaker) -> Card:
    said = str(labels.DIMENSION[one.dimension])
    title = tell.say(
        N_("Answers beside the closed cases, by %(dimension)s"),
        dimension=said.lower() if said.isascii() else said,
    )
    worst = max(one.rows, key=lambda row: abs(row[2] - row[1]))
    template = N_(
        "Furthest off: %(name)s, %(cases)s of the %(all)s closed cases of %(after)s and %(answers)s of the "
        "answers."
    )
    sentence = tell.say(
        template, name=labels.value_label(one.dimension, worst[0]), cases=percent(worst[1]),
        answers=percent(worst[2]), all=count(one.cases),
    )  # fmt: skip
    rows = tuple(
        (
            labels.value_label(one.dimension, name), percent(cases), percent(answers),
            tell.points(answers - cases),
        )
        for name, cases, answers in one.rows
    )  # fmt: skip
    head = (
        said, tell.translate(N_("Of the closed cases")), tell.translate(N_("Of the answers")),
        tell.translate(N_("Difference, points")),
    )  # fmt: skip
    return Card(f"register-{one.dimension}", title, (sentence,), (Table(title, head, rows),))


def _waves_table(one: Waves, tell: Speaker) -> Table:
    caption = (
        N_("By link: early and late answers") if one.mode == "web" else N_("By phone: how many calls it took")
    )
    rows = tuple(
        (
            tell.translate(_WAVES[name]), *(count(side.n) if side else NONE for side in sides),
            *(share(side) for side in sides),
        )
        for name, *sides in one.rows
    )  # fmt: skip
    head = (
        tell.translate(N_("Answered")), tell.say(N_("n, %(before)s")), tell.say(N_("n, %(after)s")),
        tell.say(N_("Satisfied, %(before)s")), tell.say(N_("Satisfied, %(after)s")),
    )  # fmt: skip
    return Table(tell.translate(caption), head, rows)


def _missing_card(who: Answered, tell: Speaker) -> Card | None:
    if not who.missing or not all(who.asked):
        return None
    earlier, later = (sum(n) for n in zip(*((one, two) for _, one, two in who.missing), strict=True))
    lost = earlier / who.asked[0], later / who.asked[1]
    template = N_("Left open by %(later)s of those who were asked, and by %(earlier)s in %(before)s.")
    sentence = tell.say(template, later=percent(lost[1], 1), earlier=percent(lost[0], 1))
    rows = tuple(
        (
            str(labels.MISSING[kind]),
            *(f"{count(n)} ({percent(n / base, 1)})" for n, base in zip(counts, who.asked, strict=True)),
        )
        for kind, *counts in who.missing
    )  # fmt: skip
    title = tell.translate(N_("Questions left open"))
    head = (tell.translate(N_("Why there is no answer")), *tell.names)
    return Card("missing", title, (sentence,), (Table(title, head, rows),))


def recovered_card(found: Why, tell: Speaker) -> Card | None:
    """Tell whether customers were better off after their case was put right."""
    one = found.recovered
    if one is None:
        return None
    title = tell.translate(N_("Customers who were asked again"))
    if one.pairs is None:
        few = N_("Too few customers rated again after their case was put right to be shown.")
        return Card("recovered", title, (tell.translate(few),), cautions=(tell.translate(_REGRESSION),))
    pairs = one.pairs
    said = (_pairs_said(pairs, tell), *_others_said(one, tell), _tests_said(pairs, tell))
    cautions = [tell.translate(_REGRESSION)] + ([tell.translate(_NOT_ALIKE)] if one.gap else [])
    return Card("recovered", title, said, (_transition_table(found, pairs, tell),), tuple(cautions))


def _pairs_said(pairs: Transition, tell: Speaker) -> str:
    template = N_(
        "%(n)s customers rated again in %(after)s after their case was put right: %(first)s satisfied the "
        "first time, %(second)s the second, %(diff)s points."
    )
    first, second = (percent(x / pairs.n) for x in pairs.satisfied)
    return tell.say(
        template, n=count(pairs.n), first=first, second=second, diff=tell.points(pairs.diff, pairs.ci95)
    )


def _others_said(one: Recovered, tell: Speaker) -> list[str]:
    if one.helped is None:
        return []
    if one.others is None or one.gap is None or one.gap.diff is None:
        few = N_(
            "Too few dissatisfied customers whose case was not put right rated again, so there is nothing to "
            "compare with."
        )
        return [tell.translate(few)]
    template = N_(
        "Of the dissatisfied, %(helped)s were satisfied the second time after their case was put right and "
        "%(others)s without that: %(gap)s points apart."
    )
    return [
        tell.say(
            template, helped=share(one.helped), others=share(one.others),
            gap=tell.points(one.gap.diff, one.gap.ci95),
        )
    ]  # fmt: skip


def _tests_said(pairs: Transition, tell: Speaker) -> str:
    template = N_(
        "%(won)s became satisfied (c), %(lost)s no longer were (b): McNemar %(mcnemar)s. All answers, "
        "Stuart-Maxwell: %(homogeneity)s."
    )
    mcnemar = p_words(pairs.mcnemar.p)
    if pairs.mcnemar.exact:
        mcnemar = tell.say(N_("exact, %(p)s"), p=mcnemar)
    return tell.say(
        template, won=pairs.won, lost=pairs.lost, mcnemar=mcnemar,
        homogeneity=_test_words(pairs.stuart_maxwell, tell),
    )  # fmt: skip


def _test_words(test: Test, tell: Speaker) -> str:
    if test.p is None:
        return tell.translate(N_("cannot be computed from this table"))
    if test.statistic is None:
        return p_words(test.p)
    return f"χ² = {test.statistic:.2f}, df = {test.df}, {p_words(test.p)}"


def _transition_table(found: Why, pairs: Transition, tell: Speaker) -> Table:
    item = found.item.item if found.item else None
    words = tuple(item.category_labels or map(str, item.categories)) if item else ()
    rows = tuple((word, *map(count, row)) for word, row in zip(words, pairs.table, strict=False))
    head = (tell.translate(N_("First rating, then second")), *words)
    return Table(tell.translate(N_("First and second rating of the same customers")), head, rows)
