"""Key forms of values: two spellings of one customer, telephone or street give the same key.

How to use it:

    normaliser = Normaliser({"name": Role.COMPANY, "phone": Role.PHONE})
    normaliser.one({"name": "苏州博远科技有限公司", "phone": "138 0013 8000"})
        -> {"name__core": "博远科技", "name__legal": "有限公司", …, "phone__phone": "+8613800138000", …}
    normaliser.many(frame)          -> polars frame of the same columns, the same on every row

`PARTS[role]` names the parts of each role in their order; the first one is the main form, and
`form(role, main)[0] == main` for every main form. Columns are called `<column>__<part>`. Every part
is a string, empty where there is nothing; no input raises. A column's role comes from the catalog:
`field.kind.matches_as`. A list of values (further phones) gives the forms of each, joined by a blank.

    COMPANY      core      what people say: without place, legal form, branch, signs; simplified, lower
                 name      the whole name without signs; simplified, lower
                 legal     有限公司, 股份有限公司, coltd …     branch   上海分公司, 办事处 … or empty
                 pinyin, initials     of the core
    PERSON       name      without title and signs, simplified     pinyin, initials (family name read as one)
    PHONE        phone     E.164 without extension; of no number its digits
                 tail      the last seven digits     kind   mobile|landline|service|foreign, empty: invalid
    EMAIL        email     lower     local   empty for info@, sales@ …     domain
    WEB          host      without www     path
    USCC         uscc      18 characters, O and I repaired     valid   "1" or empty
    RESIDENT_ID  number    18 characters     valid
                 The number is a secret: whoever keeps it keeps a fingerprint only.
    REGION       region    GB/T 2260 code, else the folded text     city   first four digits     province
                 first two
    ADDRESS      street    behind the region; numerals as digits, no signs
                 numbers   "12 3 501"     region   code the address begins with, or empty
    DATE         date      2026-11-21, else the folded text     year
    NUMBER       number    1234.5, else the folded text
    CODE         code      letters and digits, capitals
    TEXT         text      folded words, single blanks

`FORMS_VERSION` counts up whenever a form changes, so that kept keys are known to be old.
"""

from __future__ import annotations

from keqiao.catalog.kinds.roles import Role
from keqiao.quality.forms.record import Normaliser
from keqiao.quality.forms.single import FORMS_VERSION, PARTS, form, normal

__all__ = ["FORMS_VERSION", "PARTS", "Normaliser", "Role", "form", "normal"]
