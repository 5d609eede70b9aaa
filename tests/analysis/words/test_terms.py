"""Words: each once in a comment, Chinese and English, nothing that was masked."""

from analysis.words.terms import terms
from core.masking import mask


def test_chinese_is_cut_and_stop_words_go():
    found = terms("师傅来得快，态度也好，家里的暖气还是不热。暖气不热！")
    assert {"师傅", "态度", "暖气", "不热"} <= found
    assert not {"的", "还是", "也"} & found


def test_english_is_small_and_keeps_not():
    found = terms("The engineer did NOT come. Engineer's van, engineer!")
    assert found == {"engineer", "not", "come", "engineer's", "van"}


def test_mixed_text_numbers_and_masked_parts():
    found = terms(mask("打了20次，号码13812345678，我叫李建国，wifi 不好"))
    assert "wifi" in found
    assert not any(sign.isdigit() for word in found for sign in word)
    assert not {"李建国", "建国"} & found


def test_a_text_without_words_has_none():
    assert terms("……!!! 👍 123") == frozenset()
