"""The lists of values that accounts, contacts and leads share: industry, source, level."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.catalog.field import Choice

LEVELS = (
    Choice("A", _("A · key"), "jade", ("A级", "A类", "重点客户", "重要")),
    Choice("B", _("B · important"), "blue", ("B级", "B类")),
    Choice("C", _("C · ordinary"), "", ("C级", "C类", "普通客户", "普通")),
    Choice("D", _("D · small"), "", ("D级", "D类")),
)

SOURCES = (
    Choice("exhibition", _("Exhibition"), synonyms=("展会", "会展", "trade show")),
    Choice("website", _("Website"), synonyms=("官网", "网站", "web")),
    Choice("referral", _("Referral"), synonyms=("转介绍", "老客户介绍", "介绍", "推荐")),
    Choice("phone", _("Cold call"), synonyms=("电话", "电销", "陌拜", "电话营销")),
    Choice("advertising", _("Advertising"), synonyms=("广告", "推广", "百度", "搜索")),
    Choice("social", _("Social media"), synonyms=("微信", "抖音", "公众号", "社交媒体", "wechat")),
    Choice("partner", _("Partner"), synonyms=("渠道", "代理商", "合作伙伴")),
    Choice("tender", _("Tender"), synonyms=("招标", "投标", "招投标")),
    Choice("other", _("Other"), synonyms=("其他", "其它")),
)

# The sections of GB/T 4754-2017 that customers of a sales team come from, in plain words.
INDUSTRIES = (
    Choice("agriculture", _("Agriculture"), synonyms=("农业", "农林牧渔", "农、林、牧、渔业")),
    Choice("mining", _("Mining"), synonyms=("采矿业", "采矿", "矿业")),
    Choice("manufacturing", _("Manufacturing"), synonyms=("制造业", "制造", "工业", "生产")),
    Choice("energy", _("Energy and water"), synonyms=("电力", "能源", "水务", "燃气")),
    Choice("construction", _("Construction"), synonyms=("建筑业", "建筑", "工程")),
    Choice(
        "trade", _("Wholesale and retail"), synonyms=("批发", "零售", "贸易", "retail", "wholesale")
    ),
    Choice(
        "transport",
        _("Transport and logistics"),
        synonyms=("物流", "运输", "交通运输", "仓储", "logistics"),
    ),
    Choice("hospitality", _("Hotels and catering"), synonyms=("餐饮", "住宿", "酒店")),
    Choice(
        "software",
        _("Software and technology"),
        synonyms=("软件", "信息技术", "互联网", "科技", "it", "technology", "software"),
    ),
    Choice("telecom", _("Telecommunications"), synonyms=("电信", "通信", "telecommunications")),
    Choice("finance", _("Finance"), synonyms=("金融", "银行", "保险", "finance")),
    Choice("real_estate", _("Real estate"), synonyms=("房地产", "地产")),
    Choice(
        "services",
        _("Business services"),
        synonyms=("商务服务", "咨询", "服务", "人力资源", "services", "employment", "marketing"),
    ),
    Choice("research", _("Research"), synonyms=("科研", "科学研究", "检测")),
    Choice("environment", _("Environment"), synonyms=("环保", "水利", "环境")),
    Choice("education", _("Education"), synonyms=("教育", "培训", "学校")),
    Choice(
        "health", _("Health"), synonyms=("医疗", "卫生", "医药", "医院", "medical", "healthcare")
    ),
    Choice(
        "culture",
        _("Culture and entertainment"),
        synonyms=("文化", "娱乐", "体育", "entertainment"),
    ),
    Choice("government", _("Public administration"), synonyms=("政府", "机关", "事业单位")),
    Choice("other", _("Other"), synonyms=("其他", "其它")),
)

GENDERS = (
    Choice("male", _("Male"), synonyms=("男", "男性", "先生", "m")),
    Choice("female", _("Female"), synonyms=("女", "女性", "女士", "f")),
)
