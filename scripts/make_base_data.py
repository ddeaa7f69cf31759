"""Build the character, region and area-code tables that the product ships.

Run by a maintainer when a source changes: `python scripts/make_base_data.py <folder>`, where the
folder holds provinces.csv, cities.csv and areas.csv.
Sources and licences stand in keqiao/base/data/README.md.
"""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "keqiao" / "base" / "data"

# Readings that pypinyin lists first but that company, person and place names rarely mean.
READINGS = {
    "曾": "zeng",
    "都": "du",
    "长": "chang",
    "厦": "xia",
    "秘": "mi",
    "贾": "jia",
    "沈": "shen",
    "蚌": "bang",
    "万": "wan",
    "石": "shi",
    "翟": "zhai",
    "覃": "qin",
    "俞": "yu",
    "宿": "su",
}

# The three provinces outside the source table; their inner divisions are not shipped.
EXTRA_PROVINCES = (("710000", "台湾省"), ("810000", "香港特别行政区"), ("820000", "澳门特别行政区"))
PROVINCE_SHORT = {
    "内蒙古自治区": "内蒙古",
    "广西壮族自治区": "广西",
    "西藏自治区": "西藏",
    "宁夏回族自治区": "宁夏",
    "新疆维吾尔自治区": "新疆",
    "香港特别行政区": "香港",
    "澳门特别行政区": "澳门",
}
# Names whose accepted Latin spelling is not the pinyin of the characters.
ENGLISH = {
    "610000": "Shaanxi",
    "150000": "Inner Mongolia",
    "540000": "Tibet",
    "710000": "Taiwan",
    "810000": "Hong Kong",
    "820000": "Macao",
    "150100": "Hohhot",
    "150600": "Ordos",
    "540100": "Lhasa",
    "650100": "Urumqi",
    "653100": "Kashgar",
    "230100": "Harbin",
    "230200": "Qiqihar",
    "650200": "Karamay",
    "650400": "Turpan",
    "540200": "Shigatse",
}
PEOPLES = (
    "佤|满|回|藏|苗|彝|壮|侗|瑶|白|傣|黎|畲|土|水|羌|怒|京|"
    "蒙古|朝鲜|土家|哈尼|哈萨克|傈僳|拉祜|东乡|纳西|景颇|柯尔克孜|达斡尔|仫佬|布朗|撒拉|毛南|仡佬|"
    "锡伯|阿昌|普米|塔吉克|鄂温克|德昂|保安|裕固|独龙|鄂伦春|赫哲|门巴|珞巴|布依|高山|维吾尔|各"
)
ETHNIC = re.compile(
    rf"(?:(?:{PEOPLES})族|蒙古|哈萨克|柯尔克孜|塔吉克|达斡尔|锡伯|各族)*自治[州县旗]$"
)
SHARED_CODES = {  # area codes that serve more, or other, cities than the phone metadata says
    "010": "110000", "020": "440100", "021": "310000", "022": "120000", "023": "500000",
    "024": "210100 210400 210500 211200", "025": "320100", "027": "420100",
    "028": "510100 511400 512000", "029": "610100 610400",
    "0335": "130300", "0349": "140600", "0580": "330900", "0701": "360600",
    "0354": "140700", "0358": "141100", "0391": "410800 419001", "0433": "222400",
    "0435": "220500", "0457": "232700", "0470": "150700", "0474": "150900", "0477": "150600",
    "0478": "150800", "0479": "152500", "0482": "152200", "0483": "152900",
    "0691": "532800", "0692": "533100", "0719": "420300 429021", "0728": "429004 429005 429006",
    "0731": "430100 430200 430300", "0771": "450100 451400", "0772": "450200 451300",
    "0774": "450400 451100", "0775": "450900 450800", "0836": "513300", "0837": "513200",
    "0851": "520100 520300 520400", "0854": "522700", "0855": "522600", "0856": "520600",
    "0857": "520500", "0859": "522300", "0873": "532500", "0886": "533300", "0887": "533400",
    "0892": "540200", "0893": "540500", "0894": "540400", "0895": "540300", "0896": "540600",
    "0897": "542500", "0898": "460000", "0901": "654200", "0902": "650500", "0903": "653200",
    "0906": "654300", "0908": "653000", "0909": "652700", "0935": "620600 620300",
    "0937": "620900 620200", "0941": "623000", "0970": "632200", "0972": "630200",
    "0977": "632800", "0979": "632800", "0992": "654003 654200", "0993": "659001",
    "0994": "652300", "0995": "650400", "0996": "652800", "0997": "652900", "0998": "653100",
    "0999": "654000",
}  # fmt: skip
# Area codes with eight-digit numbers, from the national numbering plan in the phone metadata.
EIGHT_DIGITS = re.compile(
    r"0(?:10|2\d|3(?:11|7[179])|4(?:[15]1|3[12])|5(?:1\d|2[37]|3[12]|51|7[13-79]|9[15])"
    r"|7(?:[39]1|5[57]|6[09])|8(?:71|98))$"
)


# Place names that the phrase table of pypinyin reads as common words.
PLACE_READINGS = {
    "长": "chang", "都": "du", "朝": "chao", "什": "shi", "勒": "le", "万": "wan", "会": "hui",
    "卡": "ka", "曾": "zeng", "柏": "bai",
}  # fmt: skip
ZONES = {
    "高新技术产业开发区": "High-tech Zone", "经济技术开发区": "Economic Zone",
    "经济开发区": "Economic Zone", "开发区": "Development Zone", "工业园区": "Industrial Park",
    "产业园区": "Industrial Park", "创意园区": "Creative Park", "管理区": "Administrative Area",
    "新区": "New Area",
}  # fmt: skip
PLACE_WORDS = {
    "长子": "zhang zi", "荥经": "ying jing", "单县": "shan xian", "洪洞": "hong tong",
    "涡阳": "guo yang", "崆峒": "kong tong", "闵行": "min hang", "大城": "dai cheng",
    "南乐": "nan le", "六合": "lu he", "伽师": "jia shi", "莎车": "sha che", "乐清": "yue qing",
    "乐亭": "lao ting", "会稽": "kuai ji",
}  # fmt: skip
BOTH_LENGTHS = {"0433", "0435", "0754", "0851"}  # in the middle of the change-over


def han_characters() -> list[str]:
    ranges = ((0x3007, 0x3008), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x33480))
    return [chr(code) for low, high in ranges for code in range(low, high)]


def plain(syllable: str) -> str:
    letters = unicodedata.normalize(
        "NFD",
        syllable.replace("ü", "v")
        .replace("ǖ", "v")
        .replace("ǘ", "v")
        .replace("ǚ", "v")
        .replace("ǜ", "v"),
    )
    return "".join(c for c in letters if c.isascii() and c.isalpha()).lower()


def write_pinyin() -> None:
    from pypinyin.pinyin_dict import pinyin_dict

    groups: dict[str, list[str]] = defaultdict(list)
    for code, readings in sorted(pinyin_dict.items()):
        char = chr(code)
        syllable = READINGS.get(char) or plain(readings.split(",")[0])
        # NFC turns compatibility ideographs into ordinary ones before any look-up.
        if syllable and unicodedata.normalize("NFC", char) == char:
            groups[syllable].append(char)
    lines = [f"{syllable} {''.join(chars)}\n" for syllable, chars in sorted(groups.items())]
    (TARGET / "pinyin.txt").write_text("".join(lines), encoding="utf-8")


def write_simplified() -> None:
    import opencc

    convert = opencc.OpenCC("t2s").convert
    pairs = [(char, convert(char)) for char in han_characters()]
    pairs = [(a, b) for a, b in pairs if len(b) == 1 and a != b]
    table = dict(pairs)
    rows = []
    for char, simple in pairs:
        while simple in table:  # a chain would make folding twice differ from folding once
            simple = table[simple]
        rows.append(f"{char}{simple}")
    (TARGET / "simplified.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")


def short_name(name: str, level: int) -> str:
    if level == 1:
        return PROVINCE_SHORT.get(name) or name.rstrip("省市")
    short = ETHNIC.sub("", name)
    if name.endswith(("工业园区", "产业园区", "创意园区", "开发区", "管理区", "名胜区")):
        return name
    if short in {"", name}:
        short = re.sub(rf"(?:{PEOPLES})族(?:区|自治[县旗])$", "", name)
    if not short and "族自治" in name:
        short = name.split("族自治")[0]
    if short in {"", name}:
        short = re.sub(r"(?:地区|架林区|特区|新区|市|县|区|旗|盟)$", "", name)
        short += "架" if name.endswith("架林区") else ""
    return short if len(short) >= 2 else name


def regions(source: Path) -> list[tuple[str, str, str, str]]:
    """Return (code, name, short name, parent code)."""
    rows = []

    def read(name: str) -> list[dict[str, str]]:
        with (source / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    for row in read("provinces.csv"):
        rows.append((row["code"] + "0000", row["name"], short_name(row["name"], 1), ""))
    rows += [(code, name, short_name(name, 1), "") for code, name in EXTRA_PROVINCES]
    cities = {}
    for row in read("cities.csv"):
        # 市辖区, 县 and 直辖县级 are headings of the statistics, not places.
        if row["name"] in {"市辖区", "县"} or "直辖" in row["name"]:
            continue
        cities[row["code"]] = short_name(row["name"], 2)
        rows.append(
            (row["code"] + "00", row["name"], cities[row["code"]], row["provinceCode"] + "0000")
        )
    known = {row[0] for row in rows}
    full_names = {row[1] for row in rows}
    for row in read("areas.csv"):
        city = cities.get(row["cityCode"], "")
        # 东莞, 中山, 儋州, 嘉峪关: cities without districts stand in both lists.
        if row["code"] in known or row["name"] in full_names:
            continue
        short = short_name(row["name"], 3)
        if city and short.startswith(city) and len(short) - len(city) >= 2:
            short = short[len(city) :].removeprefix("市")
        if short == city and row["name"].endswith("新区"):  # 镇江新区 is not 镇江
            short = "新区"
        parent = row["cityCode"] + "00" if city else row["provinceCode"] + "0000"
        rows.append((row["code"], row["name"], short, parent))
    return sorted(rows)


def place_pinyin(name: str, short: str) -> list[str]:
    from pypinyin import lazy_pinyin

    if name[:2] in PLACE_WORDS:
        return (PLACE_WORDS[name[:2]].split() + lazy_pinyin(name)[2:])[: len(short)]
    start = max(0, name.find(short))
    syllables = lazy_pinyin(name)[start : start + len(short)]
    return [
        PLACE_READINGS.get(char, syllable)
        for char, syllable in zip(name[start:], syllables, strict=False)
    ]


def write_regions(rows: list[tuple[str, str, str, str]]) -> None:
    with (TARGET / "regions.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("code", "name", "short", "parent", "pinyin", "english"))
        for code, name, short, parent in rows:
            syllables = place_pinyin(name, short)
            latin = ENGLISH.get(code) or english(short, syllables)
            out.writerow((code, name, short, parent, " ".join(syllables), latin))


def english(short: str, syllables: list[str]) -> str:
    """Write the pinyin as one word, and the kind of zone in English."""
    zone = next((ending for ending in ZONES if short.endswith(ending)), "")
    words = syllables[: len(short) - len(zone)]
    joined = "".join(
        ("'" if number and word[0] in "aeo" else "") + word for number, word in enumerate(words)
    )
    return f"{joined.capitalize()} {ZONES.get(zone, '')}".strip()


def write_area_codes(rows: list[tuple[str, str, str, str]]) -> None:
    from phonenumbers.geodata import GEOCODE_DATA

    names = {}
    provinces = {code[:2]: (name, short) for code, name, short, _ in rows if code.endswith("0000")}
    for code, name, short, _ in rows:
        if code.endswith("00") and not code.endswith("0000"):
            for province in provinces[code[:2]]:
                names[province + name] = code
                names[province + short] = code
    result = dict(SHARED_CODES)
    for prefix, labels in GEOCODE_DATA.items():
        national = prefix[2:]
        if not prefix.startswith("86") or len(national) != 3 or national[0] == "1":
            continue
        if "0" + national in result:
            continue
        label = labels["zh"].split("、")[0]
        city = names.get(label) or names.get(label.removesuffix("地区"))
        if not city:
            raise SystemExit(f"no city for 0{national} {label}")
        result["0" + national] = city
    known = {row[0] for row in rows}
    with (TARGET / "area_codes.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("area_code", "digits", "regions"))
        for area, codes in sorted(result.items()):
            missing = set(codes.split()) - known
            if missing:
                raise SystemExit(f"{area}: unknown regions {missing}")
            digits = "8" if EIGHT_DIGITS.match(area) else "78" if area in BOTH_LENGTHS else "7"
            out.writerow((area, digits, codes))


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    rows = regions(Path(sys.argv[1]))
    write_pinyin()
    write_simplified()
    write_regions(rows)
    write_area_codes(rows)


if __name__ == "__main__":
    main()
