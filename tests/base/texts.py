"""Texts that people, spreadsheets and attackers send, for tests of everything that reads text."""

from __future__ import annotations

from hypothesis import strategies as st

# All of Unicode with lone surrogates and unassigned characters.
anything = st.text(st.characters(exclude_categories=()), max_size=60)

# Characters the readers look at, which gets far deeper into them than random ones.
telling = st.text(
    "0123456789０１２３+-－.,，:：/()（）;# \u3000\u200b\u202e转分机ext年月日号时点半上下午民国"
    "零一二三十百千万亿元角分整¥$%‰省市区县州苏江北京上海有限公司集团股份先生总经理客桥單國é́\ud800XxOoIi",
    max_size=40,
)

texts = anything | telling
