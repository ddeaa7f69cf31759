"""How a Chinese name sounds, so that people find 客桥 by typing keqiao or kq."""

from __future__ import annotations

from functools import cache

from keqiao.base.text import DATA, width_table

# Words in which a frequent character is read differently than alone.
_WORDS = {
    "重庆": " chong qing ", "厦门": " xia men ", "银行": " yin hang ", "商行": " shang hang ",
    "支行": " zhi hang ", "车行": " che hang ", "行业": " hang ye ", "六安": " lu an ",
    "番禺": " pan yu ", "东阿": " dong e ", "大厦": " da sha ", "音乐": " yin yue ",
    "乐器": " yue qi ",
    "重组": " chong zu ", "会计": " kuai ji ", "首都": " shou du ",
}  # fmt: skip

_WORD_CHARACTERS = frozenset(word[0] for word in _WORDS)

# Characters that sound differently as a family name.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "朴": "piao",
    "盖": "ge", "任": "ren", "华": "hua", "燕": "yan", "召": "shao", "祭": "zhai", "秘": "bi",
    "冼": "xian", "缪": "miao", "乐": "yue", "黑": "he", "种": "chong", "翟": "zhai", "能": "nai",
    "折": "she", "员": "yun", "繁": "po", "那": "na", "宓": "mi", "佴": "nai", "尉迟": "yu chi",
    "万俟": "mo qi", "单于": "chan yu", "长孙": "zhang sun", "澹台": "tan tai", "逄": "pang",
    "尹": "yin", "殷": "yin", "隗": "wei", "牟": "mu", "宿": "su", "都": "du", "車": "che",
    "车": "che",
}  # fmt: skip


class _Syllables(dict[int, str]):
    """A character table in which everything that is neither letter nor digit separates words."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        return char if char.isalnum() else " "


class _Initials(dict[int, str]):
    def __missing__(self, code: int) -> str:
        char = chr(code)
        return char if char.isalnum() else ""


@cache
def _tables() -> tuple[_Syllables, _Initials]:
    syllables, initials = _Syllables(), _Initials()
    for line in (DATA / "pinyin.txt").read_text(encoding="utf-8").splitlines():
        syllable, chars = line.split(" ")
        codes = [ord(char) for char in chars]
        syllables.update(dict.fromkeys(codes, f" {syllable} "))
        initials.update(dict.fromkeys(codes, syllable[0]))
    for code, char in width_table().items():
        if char.isalnum():
            syllables[code] = initials[code] = char.lower()
    return syllables, initials


def full_pinyin(text: str, *, person: bool = False) -> list[str]:
    """Return the syllables without tones; Latin words and numbers stay whole, in lower case.

    With `person` the family name is read as one (单 is shan, not dan).
    """
    if person:
        text = _read_surname(text)
    return _read_words(text).lower().translate(_tables()[0]).split()


def initials(text: str, *, person: bool = False) -> str:
    """Return the first letters of the syllables; Latin words and numbers stay whole."""
    if person:
        text = _read_surname(text, letters=True)
    return _read_words(text, letters=True).lower().translate(_tables()[1])


def _read_words(text: str, *, letters: bool = False) -> str:
    if not _WORD_CHARACTERS.isdisjoint(text):
        for word, reading in _WORDS.items():
            if word in text:
                text = text.replace(word, _first_letters(reading) if letters else reading)
    return text


def _read_surname(text: str, *, letters: bool = False) -> str:
    for length in (2, 1):
        reading = _SURNAMES.get(text[:length])
        if reading:
            return f" {_first_letters(reading) if letters else reading} {text[length:]}"
    return text


def _first_letters(reading: str) -> str:
    return "".join(part[0] for part in reading.split())


def readings() -> dict[str, str]:
    """Return what is read before single characters, then every character with its syllable.

    In this order it gives, replaced in one go, what `full_pinyin` gives of plain Chinese text.
    """
    found = {word: reading.replace(" ", "") for word, reading in _WORDS.items()}
    for line in (DATA / "pinyin.txt").read_text(encoding="utf-8").splitlines():
        syllable, chars = line.split(" ")
        found.update(dict.fromkeys(chars, syllable))
    return found


def first_letters() -> dict[str, str]:
    """Return the same as `readings` for the first letters alone."""
    letters = {word: _first_letters(reading) for word, reading in _WORDS.items()}
    return {text: letters.get(text, reading[0]) for text, reading in readings().items()}


def all_syllables() -> list[str]:
    """Return every syllable a Chinese character can have, without tones."""
    lines = (DATA / "pinyin.txt").read_text(encoding="utf-8").splitlines()
    return sorted({line.split(" ")[0] for line in lines})
