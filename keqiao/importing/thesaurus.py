"""What people and other systems call the same column: groups of names in Chinese and English."""

from __future__ import annotations

from functools import cache

from keqiao.importing.header import folded

# Each line is one meaning. A field whose name, label or synonym stands in a line goes by all of it.
# Collected from the headers of exports of domestic and foreign CRMs, ERP systems and name-card apps.
_LINES = """
name 名称 名字 标题 title
company_name 客户名称 公司名称 企业名称 单位名称 客户 公司 企业 单位 公司全称 客户全称 企业全称 单位 名称 厂商名称 供应商名称 客户公司 company company name account account name organization organisation organization name customer customer name client client name business name firm 抬头 开票抬头 单位全称
person_name 姓名 联系人 联系人姓名 名字 客户姓名 full name contact contact name person person name 称呼 收件人 决策人
account 所属客户 所属公司 所在公司 客户 公司 公司名称 客户名称 account company employer organization 单位 工作单位
short_name 简称 客户简称 公司简称 企业简称 alias short name 别名
mobile 手机 手机号 手机号码 移动电话 联系手机 mobile mobile phone cell cellphone cell phone 手机1 手机2
phone 电话 联系电话 电话号码 固定电话 座机 公司电话 办公电话 固话 联系方式 tel telephone phone phone number work phone business phone office phone 总机 手机 手机号 手机号码 移动电话 联系手机 mobile mobile phone cell cellphone 电话1 电话2
phones 电话 手机 联系电话 手机号 手机号码 移动电话 固定电话 座机 电话号码 tel telephone mobile cell phone phone number 办公电话 联系方式
email 邮箱 电子邮箱 电子邮件 邮件 邮箱地址 邮件地址 e-mail mail email address mailbox
emails 邮箱 电子邮箱 电子邮件 邮件 邮箱地址 email e-mail mail email address
website 网址 网站 官网 公司网址 主页 公司网站 web url homepage home page web site domain
owner 负责人 业务员 销售 销售人员 销售代表 跟进人 所属销售 客户经理 归属人 所有者 责任人 业务经理 owner owned by sales rep sales representative salesperson account manager assigned to assignee user sales agent record owner
department 部门 所属部门 归属部门 团队 所属团队 department team group unit
industry 行业 所属行业 行业类别 客户行业 行业类型 industry sector vertical line of business
level 等级 客户等级 客户级别 级别 重要程度 客户分级 rating level tier grade class
source 来源 客户来源 线索来源 渠道 获客渠道 信息来源 来源渠道 source lead source channel origin
status 状态 客户状态 跟进状态 阶段 线索状态 status state stage lifecycle stage
type 类型 客户类型 客户类别 客户性质 企业类型 type account type customer type
region 地区 省市区 所在地 所在地区 区域 省份城市 省市 城市 所在城市 行政区划 region area city location province state/province office location 省/市/区
address 地址 详细地址 公司地址 联系地址 通讯地址 办公地址 注册地址 街道 街道地址 address street street address mailing address billing address address line 1
postcode 邮编 邮政编码 zip zip code postal code postcode
registration_number 统一社会信用代码 信用代码 社会信用代码 税号 纳税人识别号 营业执照号 注册号 工商注册号 组织机构代码 uscc tax number tax id registration number credit code unified social credit code company id vat
uscc 统一社会信用代码 信用代码 社会信用代码 税号 纳税人识别号 营业执照号 统一信用代码 unified social credit code credit code tax id tax number registration number
id_number 身份证 身份证号 身份证号码 证件号码 证件号 id card id number identity card national id
employees 员工数 员工人数 人数 公司人数 人员规模 公司规模 企业规模 规模 employees employee count number of employees headcount staff company size
employee_count 员工数 员工人数 人数 公司人数 人员规模 公司规模 企业规模 规模 employees employee count number of employees headcount staff company size
revenue 年营业额 营业额 年营收 年收入 营收 年销售额 销售额 revenue annual revenue turnover sales
annual_revenue 年营业额 营业额 年营收 年收入 营收 年销售额 销售额 revenue annual revenue turnover
founded_on 成立日期 成立时间 注册日期 成立年份 founded founded on established date of establishment year established
registered_capital 注册资本 注册资金 capital registered capital
legal_representative 法人 法定代表人 法人代表 legal representative legal person
job_title 职位 职务 岗位 头衔 title job title position role
position 职位 职务 岗位 头衔 title job title position role
birthday 生日 出生日期 出生年月 birthday birth date date of birth dob
gender 性别 gender sex
wechat 微信 微信号 wechat weixin
qq qq号 qq号码
tags 标签 客户标签 tag tags label labels keywords
note 备注 说明 备注信息 描述 其他 备注说明 补充说明 note notes remark remarks comment comments description memo
notes 备注 说明 备注信息 描述 其他 备注说明 补充说明 note remark remarks comment comments description memo
description 描述 备注 说明 简介 公司简介 note notes remark remarks comment description about
parent 上级客户 母公司 上级公司 所属集团 集团 parent parent account parent company subsidiary of
created_at 创建时间 创建日期 建档日期 录入时间 登记日期 录入日期 created created at created date create date
last_contacted_at 最近跟进 最后跟进时间 上次联系 最近联系 last contact last activity
amount 金额 预计金额 合同金额 商机金额 amount value deal value total
closes_on 预计成交日期 预计结单日期 签约日期 expected close date close date closing date
fax 传真 传真号码 fax fax number
serial 编号 客户编号 编码 客户编码 代码 客户代码 code number customer number customer id account id account number no
number 编号 客户编号 编码 客户编码 代码 客户代码 code customer number customer id account number no
"""

_PHRASES = (
    "company name", "account name", "organization name", "customer name", "client name",
    "business name", "full name", "contact name", "person name", "short name", "mobile phone",
    "cell phone", "phone number", "work phone", "business phone", "office phone", "email address",
    "home page", "web site", "owned by", "sales rep", "sales representative", "account manager",
    "assigned to", "sales agent", "record owner", "line of business", "lead source",
    "lifecycle stage", "account type", "customer type", "office location", "street address",
    "mailing address", "billing address", "address line 1", "zip code", "postal code",
    "tax number", "tax id", "registration number", "credit code", "unified social credit code",
    "company id", "id card", "id number", "identity card", "national id", "employee count",
    "number of employees", "company size", "annual revenue", "founded on", "year established",
    "date of establishment", "registered capital", "legal representative", "legal person",
    "job title", "birth date", "date of birth", "parent account", "parent company",
    "subsidiary of", "created at", "created date", "create date", "last contact", "last activity",
    "deal value", "expected close date", "close date", "closing date", "fax number",
    "customer number", "customer id", "account id", "account number",
)  # fmt: skip


def _terms(line: str) -> frozenset[str]:
    found = set()
    for phrase in sorted(_PHRASES, key=len, reverse=True):
        if f" {phrase} " in f" {line} ":
            found.add(folded(phrase))
            line = f" {line} ".replace(f" {phrase} ", "  ")
    return frozenset(found | {folded(word) for word in line.split()})


@cache
def groups() -> tuple[frozenset[str], ...]:
    return tuple(_terms(line) for line in _LINES.strip().splitlines())


@cache
def canonical() -> dict[str, frozenset[str]]:
    """Return the names that belong to a field called like the first word of a line."""
    return {
        folded(line.split()[0]): terms
        for line, terms in zip(_LINES.strip().splitlines(), groups(), strict=True)
    }


@cache
def all_terms() -> frozenset[str]:
    """Return every known header, to tell a header row from a title row."""
    return frozenset().union(*groups())
