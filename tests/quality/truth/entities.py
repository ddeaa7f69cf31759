"""Invents companies and people, and the neighbours that look like them and are not the same."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from keqiao.base.identifiers import with_check_character
from keqiao.base.pinyin import full_pinyin
from keqiao.base.regions import Region, regions

BRAND = (
    "博远鑫瑞达恒盛华泰中兴宏图锦绣天翔龙腾凯旋金鼎汇丰利安康宁嘉禾卓越启航星辰新海蓝德信诚永昌隆佳美源创智联合众诺亚"
    "飞跃润泽晨光耀辉明志同益民普惠优品尚格雅致弘毅睿思捷迅驰通正阳东升旭日顺发富康裕和平川岳峰松柏竹梅兰桂枫林森"
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭"
    "曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈姚卢姜崔钟"
)
COMMON = 14  # the first surnames make up half of all people
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建文志国海波鹏飞宇浩婷雪梅琳佳慧欣怡子涵梓轩思雨晨阳俊峰"
    "嘉豪天佑春兰秋菊德胜永康庆元光辉世荣家栋振东少云晓燕"
)
TRADES = [
    "精密机械",
    "科技",
    "信息技术",
    "电子",
    "贸易",
    "商贸",
    "实业",
    "建材",
    "食品",
    "物流",
    "医疗器械",
    "自动化设备",
    "环保科技",
    "网络科技",
    "文化传媒",
    "装饰工程",
    "化工",
    "纺织",
    "包装材料",
    "新能源",
    "生物科技",
    "软件",
    "餐饮管理",
    "教育咨询",
    "汽车配件",
    "五金制品",
    "服饰",
    "家具",
]
FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
STREETS = [
    "人民路",
    "解放路",
    "中山路",
    "建设大道",
    "科技园路",
    "工业大道",
    "长江路",
    "黄河路",
    "文化路",
    "新华街",
    "和平街",
    "朝阳路",
    "滨河路",
    "迎宾大道",
    "创新路",
    "高新大道",
    "学府路",
    "幸福路",
    "友谊路",
    "胜利街",
    "光明路",
    "前进路",
    "振兴街",
    "民主路",
    "兴业路",
    "花园路",
]
PLACES = (
    "科技园",
    "创业大厦",
    "国际广场",
    "商务中心",
    "工业园",
    "软件园",
    "金融大厦",
    "世纪城",
    "阳光小区",
    "锦绣花园",
)
MAILS = ("qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "outlook.com")
HEADS = (
    "130",
    "131",
    "132",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "177",
    "180",
    "186",
    "187",
    "188",
    "189",
)
USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Customer:
    """One row; `kind` is company or person, `entity` who it truly is."""

    entity: int
    kind: str
    name: str
    contact: str
    phone: str
    email: str
    uscc: str
    region: str
    address: str
    # What corruptions need to know of how the name was put together.
    city: str = ""
    brand: str = ""
    trade: str = ""
    form: str = ""


COLUMNS = ("name", "contact", "phone", "email", "uscc", "region", "address")
HEADER = ("客户名称", "联系人", "电话", "邮箱", "统一社会信用代码", "地区", "地址")


class Inventor:
    """Draws customers from one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        table = regions()
        self.cities = [
            (one, table[one.code[:2] + "0000"])
            for one in table.values()
            if one.code.endswith("00") and not one.code.endswith("0000")
        ]
        self.districts: dict[str, list[Region]] = {}
        for one in table.values():
            if not one.code.endswith("00"):
                self.districts.setdefault(one.code[:4], []).append(one)

    def customer(self, entity: int) -> Customer:
        return self.company(entity) if self.dice.random() < 0.7 else self.person(entity)

    def place(self) -> tuple[str, str, str]:
        """Return the short city, the region text and the address."""
        dice = self.dice
        city, province = dice.choice(self.cities)
        district = dice.choice(self.districts.get(city.code[:4]) or [city])
        street = f"{dice.choice(STREETS)}{dice.randint(1, 999)}号"
        inside = ""
        if dice.random() < 0.6:
            inside = f"{dice.choice(PLACES)}{dice.randint(1, 30)}栋{dice.randint(101, 2999)}室"
        region = province.name + city.name
        return city.short, region, f"{region}{district.name}{street}{inside}"

    def person_name(self) -> str:
        dice = self.dice
        surname = dice.choice(SURNAMES[:COMMON] if dice.random() < 0.5 else SURNAMES)
        return surname + "".join(dice.choice(GIVEN) for _ in range(1 if dice.random() < 0.3 else 2))

    def mobile(self) -> str:
        return self.dice.choice(HEADS) + f"{self.dice.randrange(10**8):08d}"

    def company(self, entity: int) -> Customer:
        dice = self.dice
        city, region, address = self.place()
        brand = "".join(dice.choice(BRAND) for _ in range(dice.choice((2, 2, 2, 3))))
        trade, form = dice.choice(TRADES), dice.choices(FORMS, (80, 8, 8, 4))[0]
        sounds = "".join(full_pinyin(brand))
        local = dice.choice(("info", "sales", sounds, sounds + str(dice.randrange(100)), "admin"))
        domain = f"{sounds}{dice.randrange(1000)}.com" if local in {"info", "sales", "admin"} else (
            dice.choice(MAILS) if dice.random() < 0.4 else f"{sounds}{dice.choice(('', 'tech', 'group'))}.com"
        )  # fmt: skip
        body = "91" + dice.choice(("110105", "320505", "440305", "310115", "330106")) + "".join(
            dice.choice(USCC_SIGNS) for _ in range(9)
        )  # fmt: skip
        return Customer(
            entity, "company", f"{city}{brand}{trade}{form}", self.person_name(), self.mobile(),
            f"{local}@{domain}" if dice.random() < 0.8 else "",
            with_check_character(body) if dice.random() < 0.6 else "",
            region, address, city, brand, trade, form,
        )  # fmt: skip

    def person(self, entity: int) -> Customer:
        dice = self.dice
        city, region, address = self.place()
        name = self.person_name()
        local = "".join(full_pinyin(name, person=True)) + str(dice.randrange(10_000))
        email = f"{local}@{dice.choice(MAILS)}" if dice.random() < 0.6 else ""
        return Customer(entity, "person", name, "", self.mobile(), email, "", region, address, city)

    def neighbour(self, of: Customer, entity: int) -> Customer:
        """Return somebody who looks like `of` and is not the same."""
        dice = self.dice
        if of.kind == "person":
            if dice.random() < 0.6:  # family: one surname, one address, often one telephone
                given = "".join(dice.choice(GIVEN) for _ in range(2))
                phone = of.phone if dice.random() < 0.7 else self.mobile()
                return replace(of, entity=entity, name=of.name[0] + given, phone=phone,
                               email=of.email if dice.random() < 0.3 else "")  # fmt: skip
            return replace(self.person(entity), name=of.name)  # namesake
        draw = dice.random()
        if draw < 0.35:  # a branch with the switchboard and mailbox of its head office
            city, region, address = self.place()
            return replace(of, entity=entity, name=f"{of.name}{city}分公司", uscc="",
                           region=region, address=address,
                           contact=self.person_name())  # fmt: skip
        other = self.company(entity)
        if draw < 0.7:  # a sister firm of one brand
            return replace(other, name=f"{of.city}{of.brand}{other.trade}{other.form}",
                           city=of.city, brand=of.brand, region=of.region)  # fmt: skip
        return replace(other, region=of.region, address=of.address)  # another firm at the address
