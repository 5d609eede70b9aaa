"""Words that grew: against statsmodels, against shuffled periods, against the published description."""

import csv
import math
import random
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
from statsmodels.stats.multitest import multipletests

from analysis.words.grown import Said, Stratum, benjamini_hochberg, by_stratum, grown
from analysis.words.terms import terms
from tests.analysis.answers import DATA


def stratum(n1, words1, n2, words2):
    return Stratum(Said(n1, Counter(words1)), Said(n2, Counter(words2)))


def test_without_a_prior_it_is_the_log_odds_ratio_of_statsmodels():
    one = grown([stratum(200, {"late": 12}, 260, {"late": 41})], least=1, prior=1e-9).words[0]
    witness = Table2x2(np.array([[41, 260 - 41], [12, 200 - 12]]))
    assert one.change == pytest.approx(witness.log_oddsratio, rel=1e-7)
    assert one.z == pytest.approx(witness.log_oddsratio / witness.log_oddsratio_se, rel=1e-7)
    assert one.p == pytest.approx(witness.log_oddsratio_pvalue(), rel=1e-6)


def test_with_a_prior_it_is_the_formula_by_hand():
    """Monroe, Colaresi and Quinn 2008, equations 15 and 19, one word, written out with plain numbers."""
    y1, n1, y2, n2, prior = 3, 50, 9, 60, 20
    a = prior * (3 + 9) / (50 + 60)
    d = math.log((y2 + a) / (n2 + prior - y2 - a)) - math.log((y1 + a) / (n1 + prior - y1 - a))
    v = 1 / (y2 + a) + 1 / (n2 + prior - y2 - a) + 1 / (y1 + a) + 1 / (n1 + prior - y1 - a)
    one = grown([stratum(n1, {"cold": y1}, n2, {"cold": y2})], least=1, prior=prior).words[0]
    assert (one.change, one.z) == (pytest.approx(d, rel=1e-12), pytest.approx(d / math.sqrt(v), rel=1e-12))


def test_strata_are_added_up_as_mantel_and_haenszel_do():
    strata = [stratum(300, {"w": 60}, 200, {"w": 70}), stratum(150, {"w": 20}, 400, {"w": 90})]
    one = grown(strata, least=1, prior=1e-9).words[0]
    cells = [(s.after.words["w"], s.after.n, s.before.words["w"], s.before.n) for s in strata]
    tables = [np.array([[x2, n2 - x2], [x1, n1 - x1]]) for x2, n2, x1, n1 in cells]
    witness = StratifiedTable(tables)
    assert one.change == pytest.approx(witness.logodds_pooled, abs=0.02)
    assert one.z**2 == pytest.approx(witness.test_null_odds(correction=False).statistic, rel=0.04)


def test_a_changed_mix_of_services_alone_is_no_change():
    """In each service one comment in two or one in ten has the word; only the services' sizes change."""
    strata = [stratum(100, {"ward": 50}, 400, {"ward": 200}), stratum(400, {"ward": 40}, 100, {"ward": 10})]
    together = stratum(500, {"ward": 90}, 500, {"ward": 210})
    assert grown([together], least=1).words[0].p < 1e-9
    assert grown(strata, least=1).words[0].p > 0.99


counts = st.integers(1, 40)


@given(st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=4))
def test_swapping_the_periods_flips_the_sign(rows):
    there = [stratum(a + b, {"w": a}, c + d, {"w": c}) for a, b, c, d in rows]
    back = [Stratum(one.after, one.before) for one in there]
    forward, backward = grown(there, least=1).words[0], grown(back, least=1).words[0]
    assert forward.z == pytest.approx(-backward.z, abs=1e-9)
    assert forward.p == pytest.approx(backward.p, abs=1e-9)


def test_rare_words_and_one_sided_strata_are_left_out():
    found = grown(
        [stratum(50, {"cold": 8, "wang": 4}, 50, {"cold": 9, "wang": 5}), stratum(7, {"cold": 7}, 0, {})],
        least=10,
    )
    assert [one.word for one in found.words] == ["cold"]
    assert (found.n, found.left_out) == ((50, 50), (7, 0))
    assert (found.words[0].before, found.words[0].after) == (8, 9)


def test_nothing_to_compare_is_an_empty_list():
    assert grown([], least=1).words == ()
    assert grown([stratum(10, {"a": 10}, 10, {"a": 10})], least=1).words[0].z == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_correction_is_that_of_statsmodels(p):
    assert benjamini_hochberg(np.array(p)) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-12)


def test_a_long_text_counts_once():
    side = by_stratum([("", True, ["cold", "cold", "cold"]), ("", True, ["warm"])])[""].after
    assert (side.n, side.words) == (2, Counter(cold=1, warm=1))


def nhs_comments():
    if not DATA.is_dir():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    quarters = {("2021", "4"): False, ("2022", "2"): True}
    with (DATA / "nhs_fft_comments.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = re.fullmatch(r"(\d{4})-(\d\d)-\d\d", row["date"])
            place = (day[1], str((int(day[2]) + 2) // 3)) if day else ("", "")
            if place in quarters and row["FFT answer"].strip():
                yield row["Service type 1"], quarters[place], row["FFT answer"]


@pytest.mark.slow
def test_on_real_comments_hardly_a_word_survives_the_correction():
    """The study in hand: 34 of 956 words have p < .05 without strata, 1 after either correction."""
    comments = [(service, later, terms(text)) for service, later, text in nhs_comments()]
    plain = grown(list(by_stratum(("", later, words) for _s, later, words in comments).values()), least=4)
    low = sum(one.p < 0.05 for one in plain.words)
    assert 700 < len(plain.words) < 1000
    assert 20 <= low <= 45
    assert sum(one.p_holm < 0.05 for one in plain.words) <= 1
    assert sum(one.p_bh < 0.05 for one in plain.words) <= 1
    draw, shares = random.Random(6), []
    for _round in range(20):  # periods shuffled within services: whatever is called changed is a false alarm
        by_service: dict[str, list[bool]] = {}
        for service, later, _words in comments:
            by_service.setdefault(service, []).append(later)
        for later in by_service.values():
            draw.shuffle(later)
        shuffled = by_stratum((service, by_service[service].pop(), words) for service, _l, words in comments)
        found = grown(list(shuffled.values()), least=10)
        shares.append(np.mean([one.p < 0.05 for one in found.words]))
    assert np.mean(shares) < 0.05
